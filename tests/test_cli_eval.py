"""`kb eval`: figures, questions by name, JSON, and the sentences of what cannot be measured."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from fakes import FakeEncoder

from indexer.build import build_index
from web.cli import main

WriteArticle = Callable[..., Path]
Judge = Callable[..., None]

GOOD = {"query": "send the bike back", "expects": ["returns"], "answer": "30 days"}
BEHIND = {"query": "bike lock", "expects": ["returns"], "kind": "keyword"}
CUT = {"query": "send the bike back", "expects": ["returns"], "answer": "14 days"}
UNFOUNDED = {"query": "bike", "kind": "unanswerable"}
REFUSED = {"query": "weather on mars", "kind": "unanswerable"}
GERMAN = {"query": "Rad", "expects": ["returns"], "locale": "de", "kind": "cross_language"}


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Write the judgments of `tmp_path/content`, in English unless told otherwise."""

    def write(*judgments: dict[str, Any]) -> None:
        rows = ({"locale": "en", **judgment} for judgment in judgments)
        tables = (
            "\n".join(f"{name} = {json.dumps(value)}" for name, value in row.items())
            for row in rows
        )
        text = "\n\n".join(f"[[judgment]]\n{table}" for table in tables)
        (tmp_path / "content" / "judgments.toml").write_text(text)

    return write


@pytest.fixture
def center(write_article: WriteArticle, tmp_path: Path) -> Path:
    """A folder with `content` and, published by keywords only, `index`."""
    write_article("lock", "Lock your bike with the lock.", title="Bike lock", phase="awareness")
    write_article("returns", "Send the bike back within 30 days.", title="Returns")
    build_index(tmp_path / "content", tmp_path / "index", None)
    return tmp_path


def kb_eval(center: Path, *options: object) -> Result:
    folders = ["--content", str(center / "content"), "--data", str(center)]
    return CliRunner().invoke(main, ["eval", *folders, *map(str, options)])


def told(center: Path, *options: object) -> dict[str, Any]:
    done = kb_eval(center, "--json", *options)
    assert done.exit_code == 0, done.stderr
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def row(done: Result, label: str) -> list[str]:
    """The figures of the first table row of this label."""
    line = next(line for line in done.stdout.splitlines() if line.startswith(label))
    return line.removeprefix(label).split()


def test_figures_are_told_overall_and_by_locale_phase_and_kind(center: Path, judge: Judge) -> None:
    judge(GOOD, BEHIND, UNFOUNDED, REFUSED)
    done = kb_eval(center)
    assert done.exit_code == 0
    # answerable, unanswerable, hit@1, MRR@10, nDCG@10, answered, right, refused
    assert row(done, "overall") == ["2", "2", "0.500", "0.750", "0.815", "1.000", "0.500", "0.500"]
    assert row(done, "locale en") == row(done, "overall")
    assert row(done, "phase service")[:2] == ["2", "0"]
    assert row(done, "kind keyword")[2:5] == ["0.000", "0.500", "0.631"]
    assert row(done, "kind unanswerable") == ["0", "2", "–", "–", "–", "–", "–", "0.500"]
    assert "Asking" in done.stderr


def test_failing_questions_are_named_with_what_came_instead(center: Path, judge: Judge) -> None:
    judge(GOOD, BEHIND, {**BEHIND, "query": "locks", "expects": ["ghost"]})
    done = kb_eval(center)
    listed = done.stdout.partition("Not found first: 2\n")[2]
    assert (
        "  keyword, en: bike lock\n      expected returns (on place 2), first came lock\n" in listed
    )
    assert "expected ghost (not in this index), first came lock" in listed
    assert "Answered from another document: 2" in listed
    assert GOOD["query"] not in listed


def test_wrong_answers_are_named_with_their_text(center: Path, judge: Judge) -> None:
    judge(GOOD, CUT, UNFOUNDED, REFUSED)
    done = kb_eval(center)
    assert "Not found first" not in done.stdout
    unfounded, cut = done.stdout.split("Answered, though nothing answers this: 1\n")[1].split(
        "The right document, but not the text that answers: 1\n"
    )
    assert unfounded.startswith("  unanswerable, en: bike\n      answered from lock (")
    assert "expected “14 days” of returns: Send the bike back within 30 days." in cut
    assert REFUSED["query"] not in done.stdout


def test_confidence_is_held_against_the_truth(center: Path, judge: Judge) -> None:
    judge(GOOD, UNFOUNDED, REFUSED)
    done, found = kb_eval(center), told(center)["reliability"]
    table = done.stdout.partition("Confidence, and how often")[2]
    rows = [line.split() for line in re.findall(r"^\d\.\d to .*$", table, re.MULTILINE)]
    assert [int(row[3]) for row in rows] == [one["questions"] for one in found["bins"]]
    # The question whose words nobody wrote is in the first bin, the other two share one.
    assert rows[0][3:] == ["1", "0.000", "0.000"]
    (surest,) = [row for row in rows if row[3] == "2"]
    assert surest[5] == "0.500"
    error = (2 / 3) * abs(float(surest[4]) - 0.5)
    assert found["expected_calibration_error"] == pytest.approx(error, abs=1e-3)
    assert f"Expected calibration error: {found['expected_calibration_error']:.3f}" in table


def test_only_one_language_is_measured_when_asked(center: Path, judge: Judge) -> None:
    judge(GOOD, BEHIND, GERMAN)
    assert [one["locale"] for one in told(center, "--locale", "de")["questions"]] == ["de"]
    assert len(told(center)["questions"]) == 3
    done = kb_eval(center, "--locale", "fr")
    assert done.exit_code == 1
    assert "no judgment in the language fr; take one of de, en." in done.stderr


def test_legs_stand_side_by_side_when_asked_for(center: Path, judge: Judge) -> None:
    judge(GOOD, GERMAN)
    assert told(center)["legs"] is None
    assert "dense" not in kb_eval(center).stdout
    legs = told(center, "--legs")["legs"]
    assert {name: leg["overall"]["hit_at_1"] for name, leg in legs.items()} == {
        "keyword": 0.5,
        "dense": 0.0,  # no encoder took part
        "hybrid": 0.5,
    }
    assert legs["keyword"]["by_locale"]["en"]["hit_at_1"] == 1
    done = kb_eval(center, "--legs")
    assert row(done, "hit@1 overall") == ["0.500", "0.000", "0.500"]
    assert row(done, "nDCG@10 locale en") == ["1.000", "0.000", "1.000"]


def test_json_tells_of_every_question_what_became_of_it(center: Path, judge: Judge) -> None:
    judge(CUT, UNFOUNDED)
    reply = told(center)
    first, second = reply["questions"]
    assert 0 < first.pop("confidence") < 1
    assert first == {
        "query": "send the bike back",
        "locale": "en",
        "kind": "sentence",
        "phase": "service",
        "expects": ["returns"],
        "expected_text": "14 days",
        "ranked": ["returns", "lock"],
        "rank": 1,
        "ndcg_at_10": 1.0,
        "status": "answered",
        "source": "returns",
        "answer": "Send the bike back within 30 days.",
        "verdict": "wrong_cut",
    }
    assert (second["rank"], second["ndcg_at_10"], second["verdict"]) == (None, None, "unfounded")
    assert reply["encoder"] is None
    assert reply["comparison"] is None
    assert len(reply["reliability"]["bins"]) == 10


def keys(value: object, below: str = "") -> Iterator[str]:
    """Names of all fields of a reply; below `by_…` and `legs` stand names of groups instead."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not below.startswith(("by_", "legs")):
                yield name
            yield from keys(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_every_field_of_the_json_is_documented(
    center: Path, judge: Judge, write_article: WriteArticle
) -> None:
    judge(GOOD, REFUSED)
    republished(center, write_article, "Keep the bike.")
    named = set(keys(told(center, "--legs")))
    assert {"query", "by_kind", "expected_calibration_error", "worse", "verdict"} <= named
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = guide.partition("### `kb eval`")[2].partition("\n### ")[0]
    assert {name for name in named if f"`{name}`" not in section} == set()


@pytest.mark.parametrize(("bar", "status"), [(0.5, 0), (0.51, 1), (0, 0), (1.5, 2)])
def test_a_share_of_first_places_can_be_demanded(
    center: Path, judge: Judge, bar: float, status: int
) -> None:
    judge(GOOD, BEHIND)
    done = kb_eval(center, "--fail-under", bar)
    assert done.exit_code == status
    if status == 1:
        assert done.stderr.endswith("Error: hit@1 is 0.500 (1 of 2 questions), below 0.51.\n")
        assert row(done, "overall")


def test_what_cannot_be_measured_reaches_no_bar(center: Path, judge: Judge) -> None:
    judge(REFUSED)
    done = kb_eval(center, "--fail-under", 0)
    assert done.exit_code == 1
    assert "none of the judgments can be answered" in done.stderr


def republished(center: Path, write_article: WriteArticle, text: str) -> str:
    """Publish again, after the article on returns got this text; the new generation's name."""
    write_article("returns", text, title="Returns")
    return build_index(center / "content", center / "index", None).generation


def test_what_changed_since_the_previous_generation_is_named(
    center: Path, judge: Judge, write_article: WriteArticle
) -> None:
    """A new text takes the answer from one question, and brings another to the first place."""
    judge(GOOD, {**BEHIND, "query": "lend"}, REFUSED)
    before = told(center)["generation"]
    now = republished(center, write_article, "You may lend the bike to others.")
    reply = told(center)
    assert (reply["generation"], reply["comparison"]["generation"]) == (now, before)
    assert reply["comparison"]["better"] == [
        {
            "query": "lend",
            "locale": "en",
            "kind": "keyword",
            "before": {"rank": None, "verdict": "withheld"},
            "now": {"rank": 1, "verdict": "right"},
        }
    ]
    (worse,) = reply["comparison"]["worse"]
    assert worse["query"] == GOOD["query"]
    assert (worse["before"]["verdict"], worse["now"]["verdict"]) == ("right", "withheld")
    assert reply["comparison"]["figures"]["overall"]["hit_at_1"] == 0.5
    since = kb_eval(center).stdout.partition(f"Since Generation {before}")[2]
    assert re.search(r"^overall +0\.500 ", since, re.MULTILINE)
    assert re.search(r"^kind keyword +0\.000 → 1\.000 ", since, re.MULTILINE)
    assert "Better: 1\n  keyword, en: lend\n      place –, withheld → place 1, right" in since
    assert f"Worse: 1\n  sentence, en: {GOOD['query']}\n" in since


def test_the_generation_to_compare_with_can_be_named(
    center: Path, judge: Judge, write_article: WriteArticle
) -> None:
    judge(GOOD)
    first = told(center)["generation"]
    names = [republished(center, write_article, text) for text in ("One.", "Two.")]
    for name in (first, names[0]):
        assert told(center, "--against", name)["comparison"]["generation"] == name
    done = kb_eval(center, "--against", "2026")
    assert done.exit_code == 1
    assert "There is no generation 2026" in done.stderr
    assert all(name in done.stderr for name in (first, *names))
    assert done.stdout == ""


def test_without_another_generation_nothing_is_compared(center: Path, judge: Judge) -> None:
    judge(GOOD)
    assert "There is no other generation to compare with." in kb_eval(center).stdout


def test_a_generation_of_another_encoder_is_asked_by_keywords_and_that_is_said(
    center: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(GOOD)
    build_index(center / "content", center / "index", FakeEncoder())
    monkeypatch.setattr("web.evaluating.fitting_encoder", lambda *_: FakeEncoder())
    reply = told(center)
    assert (reply["encoder"], reply["comparison"]["encoder"]) == ("fake", None)
    assert "keywords alone answered there" in kb_eval(center).stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "There is no judgment in"),
        ("", "There is no judgment in"),
        ("[[judgment]]\nquery = ", "line 2 is wrong"),
        ('[[judgment]]\nquery = "q"\nlocale = "en"\n', "line 1 is wrong"),
        ('[[judgment]]\nquery = "q"\nlocale = "en"\nexpects = ["x"]\nodd = 1\n', "line 1 is wrong"),
        ('[[question]]\nquery = "q"\n', "line 1 is wrong"),
    ],
)
def test_judgments_that_are_missing_or_broken_are_one_sentence_with_the_way_out(
    center: Path, text: str | None, sentence: str
) -> None:
    if text is not None:
        (center / "content" / "judgments.toml").write_text(text)
    done = kb_eval(center)
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert sentence in line
    assert str(center / "content" / "judgments.toml") in line
    assert "`kb check`" in line


def test_what_was_never_published_cannot_be_measured(tmp_path: Path, judge: Judge) -> None:
    (tmp_path / "content").mkdir()
    judge(GOOD)
    done = kb_eval(tmp_path)
    assert done.exit_code == 1
    assert "run `kb index`" in done.stderr
    assert "There is no content folder" in kb_eval(tmp_path / "nowhere").stderr
