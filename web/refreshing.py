"""From feedback to content tasks: looks at the records and says what they are evidence of.

Nothing is found twice: what a task has as evidence is left where it is, so this may run as often as
one likes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.documents import Document, Kind
from kb.feedback import Search, Vote
from kb.judgments import Judgment
from kb.store.database import Database
from kb.store.feedback import numbered_votes, searches_since
from kb.store.tasks import known_references, known_subjects, record, withdraw
from kb.tasks import Evidence, Finding, Source, Subject, TaskKind
from search.clusters import (
    SAME_GAP,
    SAME_OF_PRODUCT,
    SAME_QUESTION,
    clustered,
    nearest_cosine,
)
from search.figures import Outcome
from search.results import AnswerStatus
from search.searcher import Searcher

LOOK_BACK = timedelta(days=30)  # as long as searches are kept as they were asked
GAP_FROM = 2  # questions of different visitors, before a cluster is a gap
MOST_QUESTIONS = 2000  # encoded at one go: about ten seconds
# What is proposed for an article must read as a question, not as a word typed in passing.
_WORDS, _LONGEST = 2, 150
_MASK = "["  # masked personal data; kb.masking


@dataclass(frozen=True, slots=True)
class Refreshed:
    looked_at: int  # pieces of evidence that were found, new and known
    opened: int  # tasks


def refresh(
    database: Database, searcher: Searcher, now: datetime, judged: Sequence[Outcome] = ()
) -> Refreshed:
    """Bring the tasks up to what was recorded; `judged` is what an evaluation said, if one ran."""
    since = now - LOOK_BACK
    withdraw(database, ((Source.JUDGMENT, name_of(o.judgment)) for o in judged if _is_good(o)))
    votes, searches = numbered_votes(database, since), searches_since(database, since)
    findings = [
        *_from_votes(votes, searcher),
        *_from_judgments(judged, searcher, now),
        *_gaps(database, searches, searcher),
        *_proposals(database, votes, searches, searcher),
    ]
    return Refreshed(sum(len(one.evidence) for one in findings), record(database, findings))


def name_of(judgment: Judgment) -> str:
    """The same for the same question, however its file is ordered."""
    return hashlib.sha256(f"{judgment.locale}\n{judgment.query}".encode()).hexdigest()[:32]


def _is_good(outcome: Outcome) -> bool:
    """Whether what came is what should: the right document first, no claim where none may be."""
    return outcome.rank == 1 if outcome.judgment.is_answerable else outcome.verdict.is_good


def _from_votes(votes: Mapping[int, Vote], searcher: Searcher) -> Iterator[Finding]:
    by_document: dict[str, list[Evidence]] = defaultdict(list)
    for number, vote in votes.items():
        if not vote.solved:
            one = Evidence(Source.VOTE, str(number), vote.visitor, vote.at)
            by_document[vote.document].append(one)
    for document, evidence in by_document.items():
        yield Finding(_about(document, searcher), tuple(evidence))


def _from_judgments(
    judged: Iterable[Outcome], searcher: Searcher, now: datetime
) -> Iterator[Finding]:
    for outcome in judged:
        if _is_good(outcome):
            continue
        judgment = outcome.judgment
        name = next(iter(judgment.expects), outcome.source)
        document = _find(searcher, name, judgment.locale) if name else None
        if document is not None:
            evidence = Evidence(Source.JUDGMENT, name_of(judgment), "", now)
            yield Finding(_about(document.name, searcher), (evidence,))


def _about(document: str, searcher: Searcher, locale: str = "", title: str = "") -> Subject:
    kind, _, name = document.partition("/")
    found = _find(searcher, name, locale, Kind(kind))
    return Subject(
        kind=TaskKind.QUESTION if title else TaskKind.ARTICLE,
        document=document,
        locale=locale,
        title=title,
        team=searcher.site.team_of(found.owner_team) if found else "",
        phase=found.phase if found else "",
    )


def _find(searcher: Searcher, name: str, locale: str, kind: Kind | None = None) -> Document | None:
    """The document of this id in `locale`, else in any language."""
    for code in (locale, *searcher.site.locales):
        number = searcher.library.find_id(name, code, kind)
        if number is not None:
            return searcher.library.document(number)
    return None


def _gaps(database: Database, searches: Iterable[Search], searcher: Searcher) -> Iterator[Finding]:
    """Clusters of questions without an answer, by language; known gaps take theirs.

    Those that name a product are put together first: what is asked of it often enough is a gap of
    its own, and its team's.
    """
    known = known_references(database, Source.SEARCH)
    by_locale: dict[str, list[Search]] = defaultdict(list)
    for search in searches:
        unanswered = search.status == AnswerStatus.NO_ANSWER and search.question
        if unanswered and search.query_id not in known:
            by_locale[search.locale].append(search)
    gaps = known_subjects(database, TaskKind.GAP)
    for locale, asked in by_locale.items():
        own = [(number, subject) for number, subject in gaps if subject.locale == locale]
        yield from _clusters(asked[-MOST_QUESTIONS:], locale, own, searcher)


def _clusters(
    asked: Sequence[Search],
    locale: str,
    gaps: Sequence[tuple[int, Subject]],
    searcher: Searcher,
) -> Iterator[Finding]:
    titles = [subject.title for _, subject in gaps]
    texts = [*titles, *(search.question for search in asked)]
    plain = [searcher.without_product(text, locale) for text in texts]
    meanings = searcher.meanings(plain, locale)
    seeds, own = meanings[: len(titles)], meanings[len(titles) :]
    by_product: dict[str, list[int]] = defaultdict(list)
    for place, search in enumerate(asked):
        by_product[_product_named(search, searcher)].append(place)
    general = by_product.pop("", [])
    for product, places in [*by_product.items(), ("", general)]:
        places.sort()  # what is too little for one product was added to the general ones
        near = [n for n, (_, subject) in enumerate(gaps) if subject.document in ("", product)]
        same = SAME_OF_PRODUCT if product else SAME_GAP
        members: dict[int, list[int]] = defaultdict(list)
        for place, group in zip(places, clustered(own[places], seeds[near], same), strict=True):
            members[group].append(place)
        for group, of_group in members.items():
            known = gaps[near[group]] if group < len(near) else None
            found = [asked[place] for place in of_group]
            if known or len({one.visitor for one in found}) >= GAP_FROM:
                yield _gap(found, product, known, searcher)
            elif product:
                general += of_group


def _gap(
    asked: Sequence[Search], product: str, known: tuple[int, Subject] | None, searcher: Searcher
) -> Finding:
    """These questions as evidence of a known gap, or of a new one: about a product its team's."""
    evidence = tuple(Evidence(Source.SEARCH, one.query_id, one.visitor, one.at) for one in asked)
    if known:
        number, subject = known
        return Finding(subject, evidence, number)
    first = asked[0]
    team, phase = first.team, str(first.phase)
    if product:
        about = _about(product, searcher, first.locale)
        team, phase = about.team, about.phase
    return Finding(
        Subject(TaskKind.GAP, product, first.locale, first.question, team, phase), evidence
    )


def _product_named(search: Search, searcher: Searcher) -> str:
    """kind/id of the product that a question names; "" for none."""
    found = searcher.product_question(search.question, search.locale)
    if found is None or found.product is None:
        return ""
    document = searcher.library.document(found.product)
    return f"{document.kind}/{document.id}"


def _proposals(
    database: Database,
    votes: Mapping[int, Vote],
    searches: Iterable[Search],
    searcher: Searcher,
) -> Iterator[Finding]:
    """Questions whose search ended in "this solved it", to be added to what solved it."""
    asked = {search.query_id: search for search in searches if _reads_as_question(search.question)}
    by_document: dict[tuple[str, str], list[tuple[Search, Evidence]]] = defaultdict(list)
    for number, vote in votes.items():
        search = asked.get(vote.query_id)
        if vote.solved and search is not None:
            one = Evidence(Source.CONFIRMATION, str(number), vote.visitor, vote.at)
            by_document[vote.document, search.locale].append((search, one))
    tasks = known_subjects(database, TaskKind.QUESTION)
    for (document, locale), found in by_document.items():
        spoken = searcher.spoken(locale)
        own = [(n, s) for n, s in tasks if (s.document, s.locale) == (document, spoken)]
        yield from _new_questions(document, locale, found, own, searcher)


def _new_questions(
    document: str,
    locale: str,
    found: Sequence[tuple[Search, Evidence]],
    tasks: Sequence[tuple[int, Subject]],
    searcher: Searcher,
) -> Iterator[Finding]:
    """What the document does not say yet in these or nearly these words."""
    kind, _, name = document.partition("/")
    number = searcher.library.find_id(name, searcher.spoken(locale), Kind(kind))
    if number is None:  # written in another language only
        return
    target = searcher.library.document(number)
    there = [target.title, *target.questions]
    proposed = [subject.title for _, subject in tasks]
    texts = [search.question for search, _ in found]
    meanings = searcher.meanings([*there, *proposed, *texts], locale)
    said, seeds = meanings[: len(there)], meanings[len(there) : len(there) + len(proposed)]
    own = meanings[len(there) + len(proposed) :]
    groups = clustered(own, seeds, SAME_QUESTION)
    for (_, evidence), meaning, group in zip(found, own, groups, strict=True):
        if nearest_cosine(meaning, said) >= SAME_QUESTION:
            continue
        task, subject = tasks[group] if group < len(tasks) else (None, None)
        title = texts[groups.index(group)]
        wanted = subject or _about(document, searcher, target.locale, title)
        yield Finding(wanted, (evidence,), task)


def _reads_as_question(text: str) -> bool:
    return _MASK not in text and len(text) <= _LONGEST and len(text.split()) >= _WORDS
