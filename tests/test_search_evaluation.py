"""The relevance test: figures against examples worked out by hand, legs, older generations."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder

from indexer.build import build_index
from kb.documents import Document
from kb.errors import DamagedIndex, SearchIndexError
from kb.judgments import Judgment
from search.comparison import Comparison, open_named, open_previous
from search.encoder import Encoded
from search.evaluation import Evaluation, compare_legs, evaluate
from search.figures import (
    Outcome,
    Verdict,
    grouped_figures,
    ndcg,
    ranking_figures,
    reliability,
)
from search.results import AnswerStatus
from search.scope import Leg, Scope
from search.searcher import Searcher

WriteArticle = Callable[..., Path]
WITHHELD, ANSWERED = AnswerStatus.RELATED, AnswerStatus.ANSWERED


def asked(expects: Sequence[str] = ("a",), **fields: object) -> Judgment:
    kind = "sentence" if expects else "unanswerable"
    return Judgment.model_validate(
        {"query": "q", "locale": "en", "kind": kind, "expects": expects, **fields}
    )


def outcome(ranked: str = "a", judgment: Judgment | None = None, **fields: object) -> Outcome:
    """One judgment, served well unless told otherwise; every letter of `ranked` is an id."""
    usual = {
        "judgment": judgment or asked(),
        "phase": "service",
        "ranked": tuple(ranked),
        "status": ANSWERED,
        "confidence": 0.9,
        "source": ranked[0] if ranked else None,
        "answer": "the text",
    }
    return Outcome(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ranked", "expects", "rank"),
    [("abc", "a", 1), ("xya", "a", 3), ("xba", "ab", 2), ("xyz", "a", None), ("", "a", None)],
)
def test_the_rank_is_that_of_the_first_expected_document(
    ranked: str, expects: str, rank: int | None
) -> None:
    assert outcome(ranked, asked(tuple(expects))).rank == rank


def test_what_comes_after_the_tenth_does_not_count() -> None:
    assert outcome("0123456789a").rank is None
    assert ndcg("a", "0123456789a") == 0
    assert outcome("012345678a").rank == 10


@pytest.mark.parametrize(
    ("expects", "ranked", "expected"),
    [
        ("a", "a", 1.0),
        ("a", "xa", 0.6309),  # 1/log2(3)
        ("a", "xya", 0.5),  # 1/log2(4)
        ("ab", "ba", 1.0),  # order among the expected is all the same
        ("ab", "xab", 0.6934),  # (1/log2(3) + 1/log2(4)) / (1 + 1/log2(3))
        ("ab", "a", 0.6131),  # 1 / (1 + 1/log2(3))
        ("aa", "a", 1.0),  # named twice is expected once
        ("a", "x", 0.0),
    ],
)
def test_ndcg_is_what_the_formula_gives(expects: str, ranked: str, expected: float) -> None:
    assert ndcg(expects, ranked) == pytest.approx(expected, abs=5e-5)


def test_more_expected_documents_than_are_looked_at_can_all_be_found() -> None:
    assert ndcg("abcdefghijkl", "abcdefghij") == pytest.approx(1)


def test_ranking_figures_are_means_over_questions() -> None:
    figures = ranking_figures([(asked(), ranked) for ranked in ("a", "xya", "x")])
    assert figures.questions == 3
    assert figures.hit_at_1 == pytest.approx(1 / 3)
    assert figures.mrr == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert figures.ndcg == pytest.approx((1 + 0.5 + 0) / 3)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (outcome(judgment=asked(answer="The  Text")), Verdict.RIGHT),
        (outcome(judgment=asked(answer="14 Tage"), answer="Binnen 14 Wochen."), Verdict.WRONG_CUT),
        (outcome(judgment=asked(answer="14 Tage"), answer="Sie hat 14\n TAGE."), Verdict.RIGHT),
        (outcome(), Verdict.RIGHT),
        (outcome("xa"), Verdict.WRONG_SOURCE),
        (outcome(status=WITHHELD), Verdict.WITHHELD),
        (outcome(status=AnswerStatus.NO_ANSWER), Verdict.WITHHELD),
        (outcome(judgment=asked(())), Verdict.UNFOUNDED),
        (outcome(judgment=asked(()), status=WITHHELD), Verdict.REFUSED),
        (outcome("", asked(()), status=AnswerStatus.NO_ANSWER), Verdict.REFUSED),
    ],
)
def test_answers_are_judged_by_source_text_and_honesty(given: Outcome, verdict: Verdict) -> None:
    assert given.verdict is verdict


def test_the_first_document_may_be_right_and_the_answer_come_from_another() -> None:
    assert outcome("ab", source="b").verdict is Verdict.WRONG_SOURCE


def test_figures_keep_answerable_and_unanswerable_questions_apart() -> None:
    figures = grouped_figures(
        [
            outcome(),
            outcome("xa"),
            outcome(status=WITHHELD),
            outcome(judgment=asked(())),
            outcome(judgment=asked(()), status=WITHHELD),
        ]
    ).overall
    assert (figures.ranking.questions, figures.answers.unanswerable) == (3, 2)
    assert figures.ranking.hit_at_1 == pytest.approx(2 / 3)
    assert figures.answers.answered == pytest.approx(2 / 3)
    assert figures.answers.right == pytest.approx(1 / 3)
    assert figures.answers.refused == pytest.approx(1 / 2)


def test_figures_come_by_locale_phase_and_kind_in_the_order_of_the_journey() -> None:
    figures = grouped_figures(
        [
            outcome(judgment=asked(kind="typo"), phase="service"),
            outcome("x", asked(locale="de"), phase="awareness"),
            outcome("", asked(()), phase=None),
        ]
    )
    assert list(figures.by_locale) == ["de", "en"]
    assert list(figures.by_phase) == ["awareness", "service"]
    assert list(figures.by_kind) == ["sentence", "typo", "unanswerable"]
    assert figures.by_locale["de"].ranking.hit_at_1 == 0
    assert figures.by_kind["typo"].ranking.hit_at_1 == 1


def test_a_group_without_the_questions_for_a_figure_has_none() -> None:
    figures = grouped_figures([outcome(judgment=asked(()))]).overall
    assert (figures.ranking.hit_at_1, figures.ranking.mrr, figures.ranking.ndcg) == (None,) * 3
    assert (figures.answers.answered, figures.answers.right) == (None, None)
    assert grouped_figures([outcome()]).overall.answers.refused is None


def test_the_calibration_error_is_what_the_formula_gives() -> None:
    found = reliability(
        [
            outcome(confidence=0.95),
            outcome("x", confidence=0.85),
            outcome("a", confidence=0.85),
            outcome(judgment=asked(()), confidence=0.05),
        ]
    )
    # (1·|.95 - 1| + 2·|.85 - .5| + 1·|.05 - 0|) / 4
    assert found.error == pytest.approx(0.2)
    filled = {n: one.questions for n, one in enumerate(found.bins) if one.questions}
    assert filled == {0: 1, 8: 2, 9: 1}
    assert (found.bins[8].confidence, found.bins[8].correct) == (pytest.approx(0.85), 0.5)
    assert (found.bins[4].confidence, found.bins[4].correct) == (None, None)


@pytest.mark.parametrize(("confidence", "place"), [(0.0, 0), (0.0999, 0), (0.1, 1), (1.0, 9)])
def test_bins_hold_their_lower_end_and_the_last_one_both(confidence: float, place: int) -> None:
    bins = reliability([outcome(confidence=confidence)]).bins
    assert [one.questions for one in bins] == [int(n == place) for n in range(10)]


def test_nothing_asked_has_no_calibration_error() -> None:
    assert reliability([]).error is None


class CountingEncoder(FakeEncoder):
    """Remembers the questions it encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []

    def encode_query(self, text: str) -> Encoded:
        self.queries.append(text)
        return super().encode_query(text)


def expected_document(searcher: Searcher, judgment: Judgment) -> Document:
    number = searcher.library.find_id(judgment.expects[0], judgment.locale)
    assert number is not None
    return searcher.library.document(number)


def test_every_question_is_asked_once_and_measured_to_the_tenth_document(
    built_index: Path,
) -> None:
    encoder = CountingEncoder()
    judgments = [
        asked(
            ["order-invoice"], query="Rechnung herunterladen", locale="de", answer="Bestellungen"
        ),
        asked((), query="Wetter auf dem Mond", locale="de"),
    ]
    searcher = Searcher.open(built_index, encoder)
    found = evaluate(searcher, judgments)
    compare_legs(searcher, judgments)
    assert encoder.queries == ["Rechnung herunterladen", "Wetter auf dem Mond"]
    first, second = found.outcomes
    hits = searcher.search("Rechnung herunterladen", "de", limit=10).hits
    answer = searcher.answer("Rechnung herunterladen", "de")
    assert first.ranked == tuple(hit.document.id for hit in hits)
    assert len(first.ranked) == 10
    assert (first.status, first.confidence) == (answer.status, answer.confidence)
    assert first.phase == expected_document(searcher, judgments[0]).phase
    assert second.phase is None
    assert found.generation == searcher.generation
    searcher.close()


def test_the_phase_of_a_document_that_only_another_language_has_is_known(
    write_article: WriteArticle, tmp_path: Path
) -> None:
    write_article("lock", "Lock the bike.", title="Lock", phase="promoter")
    content = write_article("rad", "Das Rad.", locale="de", title="Rad")
    build_index(content, tmp_path / "index", None)
    searcher = Searcher.open(tmp_path / "index", None)
    judgments = [asked(["lock"], locale="de"), asked(["ghost"], locale="de")]
    assert [o.phase for o in evaluate(searcher, judgments).outcomes] == ["promoter", None]


QUERY = "Rechnung herunterladen"


def test_an_outcome_is_about_the_document_that_the_confidence_is_about(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = searcher.answer(QUERY, "de")
    second = found.search.hits[1].document
    assert found.about and found.about.id != second.id
    monkeypatch.setattr(searcher, "answer", lambda *_: replace(found, about=second))
    (given,) = evaluate(searcher, [asked(query=QUERY, locale="de")]).outcomes
    assert given.source == second.id


def test_keywords_alone_rank_as_without_an_encoder(searcher: Searcher, built_index: Path) -> None:
    without = Searcher.open(built_index, None)
    alone = searcher.search(QUERY, "de", Scope(leg=Leg.KEYWORD)).hits
    assert alone == without.search(QUERY, "de").hits
    assert alone != searcher.search(QUERY, "de").hits
    without.close()


def test_vectors_alone_do_not_look_at_words(searcher: Searcher) -> None:
    hits = searcher.search(QUERY, "de", Scope(leg=Leg.DENSE), limit=50).hits
    assert hits
    assert [hit.document.id for hit in hits] != [
        hit.document.id for hit in searcher.search(QUERY, "de", limit=50).hits
    ]
    # No word of the question is known to the index, so both ways say the same.
    assert searcher.search("Xyzzyqua", "de", Scope(leg=Leg.KEYWORD)).hits == ()
    unknown = searcher.search("Xyzzyqua", "de", Scope(leg=Leg.DENSE)).hits
    assert unknown == searcher.search("Xyzzyqua", "de").hits != ()


def test_vectors_alone_find_nothing_without_an_encoder(built_index: Path) -> None:
    without = Searcher.open(built_index, None)
    assert without.search(QUERY, "de", Scope(leg=Leg.DENSE)).hits == ()
    without.close()


def test_legs_are_measured_side_by_side_overall_and_by_locale(searcher: Searcher) -> None:
    judgments = [
        asked(["order-invoice"], query=QUERY, locale="de"),
        asked(["order-invoice"], query="Xyzzyqua", locale="de"),
        asked((), query="Wetter", locale="de"),
        asked(["password-reset"], query="reset password", locale="en"),
    ]
    legs = compare_legs(searcher, judgments)
    assert list(legs) == ["keyword", "dense", "hybrid"]
    assert legs["hybrid"].overall == evaluate(searcher, judgments).figures.overall.ranking
    assert [leg.overall.questions for leg in legs.values()] == [3, 3, 3]
    assert {name: figures.questions for name, figures in legs["dense"].by_locale.items()} == {
        "de": 2,
        "en": 1,
    }
    # The word is in no index: the keyword leg finds at most one of the two.
    mrr = legs["keyword"].by_locale["de"].mrr
    assert mrr is not None and 0 < mrr <= 0.5


def evaluation(*outcomes: Outcome) -> Evaluation:
    figures = grouped_figures(outcomes)
    return Evaluation("g", "2026-01-01", None, outcomes, figures, reliability(outcomes))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (outcome("xa"), outcome("a")),  # found further up
        (outcome("x"), outcome("0123456789"[:9] + "a")),  # found at all
        (outcome(status=WITHHELD), outcome()),  # answered now
        (outcome("ax", source="x"), outcome("ax", status=WITHHELD)),  # no wrong answer any more
        (outcome(judgment=asked(())), outcome(judgment=asked(()), status=WITHHELD)),
    ],
)
def test_a_question_got_better_by_its_rank_or_its_answer(before: Outcome, now: Outcome) -> None:
    improved = Comparison.of(evaluation(now), evaluation(before))
    assert [(c.before, c.now) for c in improved.better] == [(before, now)]
    assert improved.worse == ()
    undone = Comparison.of(evaluation(before), evaluation(now))
    assert [(c.before, c.now) for c in undone.worse] == [(now, before)]
    assert undone.better == ()


def test_a_question_that_is_served_as_before_is_no_change() -> None:
    now = outcome(confidence=0.7, answer="another text")
    same = Comparison.of(evaluation(now), evaluation(outcome()))
    assert (same.better, same.worse) == ((), ())


def test_groups_of_before_are_those_of_now() -> None:
    before = evaluation(outcome("x", phase=None))
    compared = Comparison.of(evaluation(outcome(phase="awareness")), before)
    assert list(compared.figures.by_phase) == ["awareness"]
    assert compared.figures.by_phase["awareness"].ranking.hit_at_1 == 0


@pytest.fixture
def generations(write_article: WriteArticle, tmp_path: Path) -> Path:
    """An index folder with the published generation `c` and two copies of it, `a` and `b`."""
    content, index = write_article("lock", "Lock the bike.", title="Lock"), tmp_path / "index"
    name = build_index(content, index, None).generation
    for copy in "ab":
        shutil.copytree(index / name, index / copy)
    (index / name).rename(index / "c")
    (index / ".building-d").mkdir()
    (index / ".building-d" / "manifest.json").touch()
    return index


def previous(index: Path) -> str | None:
    found = open_previous(index, "c")
    if found is None:
        return None
    found.close()
    return found.name


def test_the_newest_other_generation_is_the_previous_one(generations: Path) -> None:
    assert previous(generations) == "b"


def test_damaged_generations_and_those_of_another_format_are_passed_over(
    generations: Path,
) -> None:
    (generations / "b" / "library.sqlite3").write_bytes(b"damaged")
    assert previous(generations) == "a"
    manifest = generations / "a" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 1}))
    assert previous(generations) is None


def test_a_generation_can_be_named(generations: Path) -> None:
    opened = open_named(generations, "a")
    assert opened.name == "a"
    opened.close()
    (generations / "a" / "site.json").unlink()
    with pytest.raises(DamagedIndex, match=r"site\.json"):
        open_named(generations, "a")


@pytest.mark.parametrize("name", ["z", "../index/a", ".building-d"])
def test_a_name_that_no_generation_has_is_told_with_those_that_are_there(
    generations: Path, name: str
) -> None:
    with pytest.raises(SearchIndexError, match="there are a, b, c"):
        open_named(generations, name)
