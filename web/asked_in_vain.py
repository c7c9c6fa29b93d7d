"""What was asked about products in vain, put together by product and meaning."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.documents import Document
from kb.feedback import Search, Vote
from kb.tasks import Source
from search.clusters import SAME_GAP, SAME_OF_PRODUCT, clustered
from search.results import AnswerStatus
from search.searcher import Searcher
from web.documents import named_document

MOST_CLUSTERED = 300  # different wordings, the newest: to encode them takes two seconds at most

_IN_VAIN = (AnswerStatus.NO_ANSWER.value, AnswerStatus.RELATED.value)
UNSOLVED = "unsolved"  # outcome of what was voted down; the others are of a search's status

Evidenced = tuple[Source, str]  # a piece of evidence: what it is, and its reference


@dataclass(frozen=True, slots=True)
class AskedInVain:
    """Questions of one meaning about one product, or about one type."""

    product: str  # kind/id; "" for a type
    type: str  # "" where several may be meant
    locale: str
    wordings: Mapping[str, int]  # how often it was asked so, the most frequent first
    outcomes: Mapping[str, int]  # of a search's status, or UNSOLVED
    visitors: int  # of a day
    task: int | None  # the live one that has some of them as evidence

    @property
    def asked(self) -> int:
        return sum(self.wordings.values())


class _Topic(NamedTuple):
    """What a question is about."""

    product: str  # kind/id; "" for a type
    type: str  # "" where several may be meant


@dataclass(frozen=True, slots=True)
class _Saying:
    """A question that led to nothing, or a comment beside a negative vote."""

    text: str
    locale: str
    visitor: str
    outcome: str
    evidence: Evidenced
    topic: _Topic


def asked_in_vain(
    searches: Iterable[Search],
    votes: Mapping[int, Vote],
    tasks: Mapping[Evidenced, int],
    searcher: Searcher,
) -> list[AskedInVain]:
    """What means the same of one product or type, in each language; what is asked most of comes
    first.

    `votes` stand by their ids, `tasks` by each piece of their evidence.
    """
    sayings = _newest(_sayings(searches, votes, searcher))
    by_locale: dict[str, list[_Saying]] = defaultdict(list)
    for one in sayings:
        by_locale[one.locale].append(one)
    found = [
        _row(members, tasks)
        for locale, own in by_locale.items()
        for members in _clusters(own, locale, searcher)
    ]
    volume = Counter(one.topic for one in sayings)

    def order(one: AskedInVain) -> tuple[int, _Topic, int]:
        topic = _Topic(one.product, one.type)
        return -volume[topic], topic, -one.asked

    return sorted(found, key=order)


def _sayings(
    searches: Iterable[Search], votes: Mapping[int, Vote], searcher: Searcher
) -> Iterator[_Saying]:
    verdicts: dict[str, set[bool]] = defaultdict(set)
    for vote in votes.values():
        verdicts[vote.query_id].add(vote.solved)
    for search in searches:
        verdict = verdicts.get(search.query_id, set())
        outcome = UNSOLVED if False in verdict else search.status
        if outcome != UNSOLVED and (outcome not in _IN_VAIN or verdict):
            continue
        topic = _topic(search.question, search.locale, search.document, searcher)
        if topic is not None:
            evidence = Source.SEARCH, search.query_id
            yield _Saying(search.question, search.locale, search.visitor, outcome, evidence, topic)
    for number, vote in votes.items():
        if vote.solved or not vote.comment:
            continue
        topic = _topic(vote.comment, vote.locale, vote.document, searcher)
        if topic is not None:
            evidence = Source.VOTE, str(number)
            yield _Saying(vote.comment, vote.locale, vote.visitor, UNSOLVED, evidence, topic)


def _topic(text: str, locale: str, document: str, searcher: Searcher) -> _Topic | None:
    """What the words name, else the product that was found for them; None for no product."""
    found = searcher.product_question(text, locale)
    if found and found.product is not None:
        return _Topic(_name(searcher.library.document(found.product)), found.type)
    if found and found.type:
        return _Topic("", found.type)
    best = named_document(searcher, document, searcher.spoken(locale))
    if best is not None and best.product is not None:
        return _Topic(_name(best), best.category)
    return _Topic("", "") if found else None


def _newest(sayings: Iterable[_Saying]) -> list[_Saying]:
    """Those in the MOST_CLUSTERED wordings that came last."""
    found = list(sayings)
    wordings = dict.fromkeys((one.locale, one.text) for one in reversed(found))
    kept = set(list(wordings)[:MOST_CLUSTERED])
    return [one for one in found if (one.locale, one.text) in kept]


def _clusters(
    sayings: Sequence[_Saying], locale: str, searcher: Searcher
) -> Iterator[list[_Saying]]:
    texts = list(dict.fromkeys(one.text for one in sayings))
    places = {text: place for place, text in enumerate(texts)}
    meanings = searcher.meanings([searcher.without_product(t, locale) for t in texts], locale)
    by_topic: dict[_Topic, list[_Saying]] = defaultdict(list)
    for one in sayings:
        by_topic[one.topic].append(one)
    for topic, own in by_topic.items():
        same = SAME_OF_PRODUCT if topic.product else SAME_GAP
        rows = meanings[[places[one.text] for one in own]]
        groups: dict[int, list[_Saying]] = defaultdict(list)
        for one, group in zip(own, clustered(rows, meanings[:0], same), strict=True):
            groups[group].append(one)
        yield from groups.values()


def _row(members: Sequence[_Saying], tasks: Mapping[Evidenced, int]) -> AskedInVain:
    first = members[0]
    return AskedInVain(
        product=first.topic.product,
        type=first.topic.type,
        locale=first.locale,
        wordings=dict(Counter(one.text for one in members).most_common()),
        outcomes=Counter(one.outcome for one in members),
        visitors=len({one.visitor for one in members}),
        task=next((tasks[one.evidence] for one in members if one.evidence in tasks), None),
    )


def _name(document: Document) -> str:
    return f"{document.kind}/{document.id}"
