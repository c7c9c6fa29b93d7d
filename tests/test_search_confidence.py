"""Confidence: what the judgments make of it, the thresholds they set, how it is kept."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import NormalDist

import pytest
from conftest import WriteArticle
from fakes import FakeEncoder

from indexer.build import build_index
from kb.errors import DamagedIndex
from kb.files import MANIFEST
from kb.judgments import JUDGMENTS_FILE, Judgment
from kb.site import SITE_FILE
from search.confidence import (
    CALIBRATION_FILE,
    Calibration,
    Evidence,
    Judged,
    Thresholds,
    calibrate,
    confidence,
    read_calibration,
    write_calibration,
)
from search.encoder import Encoder
from search.generation import Generation, current_generation
from search.results import AnswerStatus
from search.searcher import Searcher

ENOUGH, ENOUGH_UNANSWERABLE = 40, 10
USUAL = Thresholds()


def logistic(exponent: float) -> float:
    return 1 / (1 + math.exp(-exponent))


# --- The evidence --------------------------------------------------------------------------------


def test_more_evidence_is_more_confidence() -> None:
    near = [confidence(Evidence(cosine, 0.4, 0.5)) for cosine in (0.75, 0.8, 0.85, 0.9, 0.95)]
    late = [confidence(Evidence(0.85, late, 0.5)) for late in (-1, 0.1, 0.3, 0.5, 0.8)]
    words = [confidence(Evidence(None, 0, coverage)) for coverage in (0, 0.25, 0.5, 0.75, 1)]
    for rising in (near, late, words):
        assert all(low < high for low, high in zip(rising, rising[1:], strict=False))
        assert 0 <= rising[0] < 0.3 < 0.7 < rising[-1] <= 1


def test_what_the_encoder_says_outweighs_the_words() -> None:
    assert confidence(Evidence(0.9, 0.5, 0.0)) == confidence(Evidence(0.9, 0.5, 1.0))


def test_all_words_found_are_enough_for_an_answer_and_half_of_them_are_not() -> None:
    assert confidence(Evidence(None, 0, 1)) == pytest.approx(0.88, abs=0.005)
    assert confidence(Evidence(None, 0, 2 / 3)) == pytest.approx(0.5)
    assert confidence(Evidence(None, 0, 0.5)) < USUAL.answered_from


# --- Platt scaling -------------------------------------------------------------------------------


def simulated(
    slope: float, intercept: float, count: int, spread: float = 2.0, locale: str = "de"
) -> list[Judged]:
    """Outcomes as they would be if the log odds had this slope and intercept.

    Log odds are the quantiles of a normal distribution; outcomes follow an additive recurrence,
    which is evenly spread, in place of chance.
    """
    normal = NormalDist(0, spread)
    found = []
    for number in range(count):
        odds = normal.inv_cdf((number + 0.5) / count)
        is_right = number * 0.6180339887498949 % 1 < logistic(intercept + slope * odds)
        found.append(Judged(locale, logistic(odds), is_right, True))
    return found


@pytest.mark.parametrize(
    ("slope", "intercept"), [(1, 0), (0.7, 0), (0.8, 0.5), (1.5, -1), (2, 2), (2.5, 0), (1, -3)]
)
def test_slope_and_intercept_are_found_again(slope: float, intercept: float) -> None:
    found = calibrate(simulated(slope, intercept, 4000))
    assert found.slope == pytest.approx(slope, abs=0.1)
    assert found.intercept == pytest.approx(intercept, abs=0.1)


@pytest.mark.parametrize("count", [200, 2000])
@pytest.mark.parametrize(
    ("slope", "intercept", "spread"), [(0.5, 1, 3), (0.4, 0, 4), (0.5, 2, 4), (0.8, -1, 3)]
)
def test_too_much_confidence_is_found_as_well(
    slope: float, intercept: float, spread: float, count: int
) -> None:
    found = calibrate(simulated(slope, intercept, count, spread))
    assert found.slope == pytest.approx(slope, abs=0.25)
    assert found.intercept == pytest.approx(intercept, abs=0.8)


def test_calibrated_confidence_is_as_often_right_as_it_says() -> None:
    judged = simulated(0.6, 1, 4000)
    found = calibrate(judged)
    for low, high in ((0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1)):
        sure = [(found.calibrated(one.confidence), one.is_right) for one in judged]
        own = [(value, is_right) for value, is_right in sure if low <= value < high]
        assert len(own) > 100
        said = sum(value for value, _ in own) / len(own)
        assert sum(is_right for _, is_right in own) / len(own) == pytest.approx(said, abs=0.03)


def test_scaling_keeps_the_order_and_stays_a_probability() -> None:
    found = Calibration(slope=3.0, intercept=-5.0)
    values = [found.calibrated(share / 50) for share in range(51)]
    assert values == sorted(values)
    assert len(set(values)) == 51
    assert 0 < values[0] < 1e-6
    assert 1 - 1e-6 < values[-1] <= 1
    assert found.calibrated(0.5) == pytest.approx(logistic(-5))


def test_the_usual_calibration_changes_nothing() -> None:
    for sure in (0.001, 0.3, 0.5, 0.97):
        assert Calibration().calibrated(sure) == pytest.approx(sure)


# --- Few or odd judgments ------------------------------------------------------------------------


def test_one_judgment_less_than_enough_changes_nothing() -> None:
    judged = simulated(2, -1, ENOUGH)
    assert calibrate(judged[1:]) == Calibration()
    assert calibrate(judged).thresholds.keys() == {"de"}
    assert calibrate([]) == Calibration()


# Right when the confidence is high, and when it is low; neither says what it is worth.
SEPARATED = [Judged("de", sure, sure > 0.5, True) for sure in (0.9, 0.1)] * 30
ODD: dict[str, list[Judged]] = {
    "all right": [Judged("de", n / 59, True, True) for n in range(60)],
    "all wrong": [Judged("de", n / 59, False, True) for n in range(60)],
    "nothing answerable": [Judged("de", n / 59, False, False) for n in range(60)],
    "all the same": [Judged("de", 0.4, n % 2 == 0, True) for n in range(60)],
    "all 0": [Judged("de", 0.0, n % 2 == 0, True) for n in range(60)],
    "all 1": [Judged("de", 1.0, n % 2 == 0, True) for n in range(60)],
    "0 is right and 1 is wrong": [Judged("de", n % 2, n % 2 == 0, True) for n in range(60)],
    "1 is right and 0 is wrong": [Judged("de", n % 2, n % 2 == 1, True) for n in range(60)],
    "one is right": [Judged("de", 0.5, n == 0, True) for n in range(60)],
    "1 is unanswerable": [Judged("de", 1.0, n % 2 == 0, n % 2 == 0) for n in range(60)],
    "separated": SEPARATED,
    "the wrong way round": [Judged("de", 1 - one.confidence, *one[2:]) for one in SEPARATED],
}


@pytest.mark.parametrize("judged", ODD.values(), ids=ODD)
def test_odd_judgments_give_sane_values(judged: list[Judged]) -> None:
    """Warnings are errors here."""
    found = calibrate(judged)
    assert 0.2 <= found.slope <= 3
    assert abs(found.intercept) <= 5
    values = [found.calibrated(sure) for sure in (0, 0.25, 0.5, 0.75, 1)]
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] <= 1
    thresholds = found.thresholds_of("de")
    assert 0.3 <= thresholds.answered_from <= 0.6
    assert 0.05 <= thresholds.related_from <= 0.2


@pytest.mark.parametrize("name", ["all right", "all wrong", "nothing answerable"])
def test_outcomes_that_are_all_alike_say_nothing(name: str) -> None:
    assert calibrate(ODD[name]) == Calibration()


def test_confidence_that_says_the_contrary_is_left_as_it_is() -> None:
    found = calibrate(ODD["the wrong way round"])
    assert (found.slope, found.intercept) == (1, 0)


# --- Thresholds ----------------------------------------------------------------------------------


def judged_in(locale: str, sure: Sequence[float], *, answerable: bool) -> list[Judged]:
    """Every second one of those that can be answered is right."""
    return [
        Judged(locale, value, answerable and place % 2 == 0, answerable)
        for place, value in enumerate(sure)
    ]


def spread(count: int, low: float, high: float) -> list[float]:
    """Confidences as answers have them, in no order."""
    return [
        round(low + (high - low) * (place * 7 % count + 0.5) / count, 4) for place in range(count)
    ]


def share_from(judged: Sequence[Judged], threshold: float) -> float:
    """Share of the judgments that reach a threshold."""
    return sum(one.confidence >= threshold for one in judged) / len(judged)


RIGHT = [Judged("de", sure, True, True) for sure in spread(40, 0.3, 0.9)]


@pytest.mark.parametrize("count", [20, 40, 60, 100])
def test_one_in_twenty_of_the_unanswerable_may_be_answered(count: int) -> None:
    unanswerable = judged_in("de", spread(count, 0.2, 0.5), answerable=False)
    threshold = calibrate([*unanswerable, *RIGHT]).thresholds_of("de").answered_from
    assert share_from(unanswerable, threshold) == pytest.approx(0.05)
    assert share_from(unanswerable, threshold - 0.02) > 0.05


@pytest.mark.parametrize("count", [10, 13, 19])
def test_of_few_unanswerable_questions_one_may_be_answered(count: int) -> None:
    unanswerable = judged_in("de", spread(count, 0.2, 0.5), answerable=False)
    threshold = calibrate([*unanswerable, *RIGHT]).thresholds_of("de").answered_from
    assert share_from(unanswerable, threshold) == pytest.approx(1 / count)


@pytest.mark.parametrize("count", [30, 50])
def test_never_more_than_one_in_twenty_of_many_are_answered(count: int) -> None:
    unanswerable = judged_in("de", spread(count, 0.2, 0.5), answerable=False)
    threshold = calibrate([*unanswerable, *RIGHT]).thresholds_of("de").answered_from
    assert share_from(unanswerable, threshold) <= 0.05


def test_unanswerable_questions_that_are_all_as_sure_get_no_answer() -> None:
    unanswerable = judged_in("de", [0.45] * 20, answerable=False)
    found = calibrate([*unanswerable, *RIGHT]).thresholds_of("de")
    assert 0.45 < found.answered_from < 0.46


def test_one_in_twenty_of_the_answerable_may_get_nothing() -> None:
    judged = judged_in("de", spread(200, 0.1, 0.9), answerable=True)
    threshold = calibrate(judged).thresholds_of("de").related_from
    assert 0.05 < threshold < 0.2
    assert share_from(judged, threshold) == pytest.approx(0.95, abs=0.006)


def test_thresholds_are_of_confidence_before_it_is_scaled() -> None:
    """A scale moves what people read, not what they get."""
    plain, sure = (
        [*judged_in("de", spread(20, 0.2, 0.5), answerable=False), *scaled]
        for scaled in (
            [Judged("de", value, place % 2 == 0, True) for place, value in enumerate([0.6] * 40)],
            [Judged("de", value, place % 5 != 0, True) for place, value in enumerate([0.6] * 40)],
        )
    )
    one, other = calibrate(plain), calibrate(sure)
    assert one.calibrated(0.5) != pytest.approx(other.calibrated(0.5), abs=0.05)
    assert one.thresholds == other.thresholds


def test_each_language_has_its_own_thresholds() -> None:
    right = [one for locale in ("de", "en") for one in simulated(1, 0, 60, locale=locale)]
    strict = judged_in("de", spread(20, 0.3, 0.6), answerable=False)
    easy = judged_in("en", spread(20, 0.01, 0.1), answerable=False)
    found = calibrate([*right, *strict, *easy])
    assert found.thresholds.keys() == {"de", "en"}
    assert found.thresholds_of("de").answered_from > 0.35
    assert found.thresholds_of("en").answered_from == 0.3
    assert found.thresholds_of("fr") == USUAL


def test_few_unanswerable_questions_leave_the_usual_threshold() -> None:
    right = simulated(1, 0, 60)
    few = judged_in("de", [0.6] * (ENOUGH_UNANSWERABLE - 1), answerable=False)
    enough = judged_in("de", [0.6] * ENOUGH_UNANSWERABLE, answerable=False)
    assert calibrate([*right, *few]).thresholds_of("de").answered_from == USUAL.answered_from
    assert calibrate([*right, *enough]).thresholds_of("de").answered_from > USUAL.answered_from


def test_a_language_with_unanswerable_questions_only_keeps_its_related_articles() -> None:
    other = judged_in("en", spread(20, 0.1, 0.2), answerable=False)
    found = calibrate([*simulated(1, 0, 60), *other]).thresholds_of("en")
    assert found.related_from == USUAL.related_from


@pytest.mark.parametrize(
    ("unanswerable", "answerable", "expected"),
    [
        (0.999, 0.999, Thresholds(answered_from=0.6, related_from=0.2)),
        (0.001, 0.001, Thresholds(answered_from=0.3, related_from=0.05)),
    ],
)
def test_thresholds_are_held_to_what_makes_sense(
    unanswerable: float, answerable: float, expected: Thresholds
) -> None:
    judged = judged_in("de", [unanswerable] * 30, answerable=False)
    judged += judged_in("de", [answerable] * 30, answerable=True)
    assert calibrate(judged).thresholds_of("de") == expected


# --- Kept with the generation --------------------------------------------------------------------


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = calibrate([*simulated(1.7, -0.3, 100), *simulated(1, 0, 50, locale="pt-BR")])
    assert written != Calibration()
    write_calibration(tmp_path, written)
    assert read_calibration(tmp_path) == written
    assert read_calibration(tmp_path).thresholds_of("pt-BR") == written.thresholds["pt-BR"]


def test_a_generation_without_a_calibration_has_the_usual_one(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) == Calibration()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '{"slope": 0}',
        '{"slope": -1}',
        '{"slope": "steep"}',
        '{"slope": 1, "intercept": 0, "thresholds": {"de": {"answered_from": 2}}}',
        '{"slope": 1, "intercept": 0, "thresholds": {"de": 0.4}}',
        '{"slope": 1, "offset": 0}',
        '{"slope": 1',
        b"\xff\xfe",
    ],
)
def test_a_broken_calibration_is_damage(tmp_path: Path, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / CALIBRATION_FILE).write_bytes(data)
    with pytest.raises(DamagedIndex, match="calibration cannot be read"):
        read_calibration(tmp_path)


def test_a_calibration_that_cannot_be_opened_is_damage(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION_FILE).mkdir()
    with pytest.raises(DamagedIndex, match="calibration cannot be read"):
        read_calibration(tmp_path)


# --- Generations built from content with judgments -----------------------------------------------

TOPICS = (
    "saddle chain brake helmet pedal mirror basket trailer battery charger display motor wheel "
    "spoke fender stand bell lamp lock pump"
).split()
COUNTS = "two three four five six seven eight nine ten eleven".split()

SITE = """
default_locale = "en"
[locales.en]
[product_types.bike]
title = { en = "Bikes" }
attributes.weight = { type = "number", unit = "kg", label = { en = "Weight" } }
"""


@pytest.fixture
def content(write_article: WriteArticle, tmp_path: Path) -> Path:
    """Twenty articles and a product, each about its own part."""
    for place, topic in enumerate(TOPICS):
        count = COUNTS[place % len(COUNTS)]
        text = f"The {topic} needs oil every {count} weeks. Clean the {topic} with warm water."
        write_article(topic, text, title=f"Care for the {topic}")
    write_article(
        "bike/runner", "A fast bike.", room="products", title="Runner", type="bike",
        attributes={"weight": 15},
    )  # fmt: skip
    (tmp_path / "content" / SITE_FILE).write_text(SITE, encoding="utf-8")
    return tmp_path / "content"


# From hardly sure to sure, by what they share with an article.
QUERIES = (
    "{} needs oil weeks",
    "clean the {} with warm water",
    "clean the {} with cold water",
    "the {} needs oil",
)


def judgments(count: int, unanswerable: int = 12) -> list[Judgment]:
    """`count` that articles answer, every sixth by another one; and some that nothing answers."""
    found = []
    for number in range(count):
        topic = TOPICS[number % len(TOPICS)]
        query = QUERIES[number % len(QUERIES)].format(topic)
        expects = TOPICS[(number + 1) % len(TOPICS)] if number % 6 == 0 else topic
        found.append(Judgment(query=query, locale="en", expects=(expects,)))
    nothing = (f"tell me a joke about planet {number}" for number in range(unanswerable))
    return found + [Judgment(query=query, locale="en", kind="unanswerable") for query in nothing]


def write_judgments(content: Path, judged: Sequence[Judgment]) -> None:
    tables = []
    for judgment in judged:
        lines = {"query": judgment.query, "locale": judgment.locale, "kind": judgment.kind}
        told = [f"{name} = {json.dumps(value)}" for name, value in lines.items()]
        if judgment.expects:
            told.append(f"expects = {json.dumps(judgment.expects)}")
        tables.append("\n".join(["[[judgment]]", *told]))
    (content / JUDGMENTS_FILE).write_text("\n\n".join(tables), encoding="utf-8")


Published = Callable[..., Generation]


@pytest.fixture
def published(content: Path, tmp_path: Path) -> Iterator[Published]:
    """What is published when the content has these judgments."""
    opened: list[Generation] = []

    def publish(judged: Sequence[Judgment], encoder: Encoder | None = None) -> Generation:
        write_judgments(content, judged)
        index = tmp_path / "index"
        build_index(content, index, encoder)
        opened.append(Generation.open_current(index))
        return opened[-1]

    yield publish
    for generation in opened:
        generation.close()


def judged_by(generation: Generation, asked: Sequence[Judgment]) -> list[Judged]:
    searcher = Searcher(generation, FakeEncoder())
    found = []
    for judgment in asked:
        result = searcher.answer(judgment.query, judgment.locale)
        if not result.is_from_attributes:
            is_right = result.about is not None and result.about.id in judgment.expects
            locale = searcher.spoken(judgment.locale)
            found.append(Judged(locale, result.confidence, is_right, judgment.is_answerable))
    return found


def test_a_generation_learns_from_its_judgments(published: Published) -> None:
    asked = judgments(60)
    uncalibrated = published([], FakeEncoder())
    assert uncalibrated.calibration == Calibration()
    expected = calibrate(judged_by(uncalibrated, asked))
    found = published(asked, FakeEncoder()).calibration
    assert found == expected
    assert found.slope != 1
    assert found.thresholds.keys() == {"en"}


@pytest.mark.parametrize("query", ["clean the saddle with warm water", "the saddle is blue"])
def test_answers_tell_the_calibrated_confidence(published: Published, query: str) -> None:
    before, after = (published(asked, FakeEncoder()) for asked in ([], judgments(60)))
    assert after.calibration.calibrated(0.5) != pytest.approx(0.5, abs=0.02)
    was, now = (Searcher(g, FakeEncoder()).answer(query, "en") for g in (before, after))
    assert 0.0005 < was.confidence < 0.9995
    assert now.confidence == pytest.approx(after.calibration.calibrated(was.confidence), rel=0.1)
    # What is shown was decided before.
    reached = was.confidence >= after.calibration.thresholds_of("en").answered_from
    assert (now.status is AnswerStatus.ANSWERED) == reached


def test_words_alone_are_as_sure_as_ever(published: Published) -> None:
    """Judgments were asked with the encoder, and say nothing of answers without it."""
    query = "the saddle needs oil every blue moon"
    before, after = (published(asked, FakeEncoder()) for asked in ([], judgments(60)))
    was, now = (Searcher(g, None).answer(query, "en") for g in (before, after))
    assert 0.01 < was.confidence < 0.99
    assert (now.confidence, now.status) == (was.confidence, was.status)


def test_few_judgments_leave_the_usual_values(published: Published) -> None:
    assert published(judgments(ENOUGH - 13, 12), FakeEncoder()).calibration == Calibration()
    assert published(judgments(ENOUGH - 12, 12), FakeEncoder()).calibration != Calibration()


def test_questions_for_attributes_say_nothing_about_other_answers(published: Published) -> None:
    """Their confidence has other reasons; here they would make few judgments enough."""
    product = Judgment(query="weight of the Runner", locale="en", expects=("runner",))
    asked = [*judgments(ENOUGH - 13, 12), *[product] * 20]
    generation = published(asked, FakeEncoder())
    assert Searcher(generation, FakeEncoder()).answer(product.query, "en").is_from_attributes
    assert generation.calibration == Calibration()


def test_judgments_of_a_regional_locale_count_for_its_language(published: Published) -> None:
    asked = [one.model_copy(update={"locale": "en-GB"}) for one in judgments(60)]
    assert published(asked, FakeEncoder()).calibration.thresholds.keys() == {"en"}


def test_without_an_encoder_the_usual_values_stay(published: Published) -> None:
    assert published(judgments(60)).calibration == Calibration()


def test_editing_the_judgments_publishes_anew(content: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    write_judgments(content, judgments(60))
    first = build_index(content, index, FakeEncoder())
    again = build_index(content, index, FakeEncoder())
    assert (again.published, again.generation) == (False, first.generation)
    write_judgments(content, judgments(61))
    edited = build_index(content, index, FakeEncoder())
    assert edited.published
    assert edited.embedded == 0
    assert current_generation(index) == edited.generation != first.generation
    with (content / JUDGMENTS_FILE).open("a", encoding="utf-8") as stream:
        stream.write("\n# What a comment says changes nothing.\n")
    assert not build_index(content, index, FakeEncoder()).published
    (content / JUDGMENTS_FILE).unlink()
    assert build_index(content, index, FakeEncoder()).published
    with closing(Searcher.open(index, FakeEncoder())) as searcher:
        assert searcher.answer("the saddle needs oil every two weeks", "en").search.hits


def test_a_calibration_is_sealed_with_its_generation(published: Published, tmp_path: Path) -> None:
    generation = published(judgments(60), FakeEncoder())
    folder = tmp_path / "index" / generation.name
    assert CALIBRATION_FILE in json.loads((folder / MANIFEST).read_text())["files"]
    write_calibration(folder, Calibration(slope=2))
    with pytest.raises(DamagedIndex):
        Generation.open_current(tmp_path / "index")


def test_the_example_is_calibrated_in_both_languages(built_index: Path) -> None:
    with closing(Searcher.open(built_index, FakeEncoder())):
        folder = built_index / str(current_generation(built_index))
    assert read_calibration(folder).thresholds.keys() == {"de", "en"}
