"""Decision tables: read from the page, and checked so that each case has one outcome."""

from pathlib import Path

import pytest

from indexer.check import check_content
from indexer.reader import read_content
from kb.choosing.decisions import MOST_RULES, decision_guide, outcome
from kb.documents import Decision
from kb.problems import Severity
from kb.progress import Silent

HEAD = "---\ntitle: Returns\ndecision: true\n---\n"
GOOD = """Text.

| What? | Opened? | Then |
|---|---|---|
| Bike | * | **Yes**, see [how](other.md) |
| Soap | yes | No |
| Soap | no | Yes |
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    root = tmp_path / "content"
    (root / "en/articles").mkdir(parents=True)
    (root / "site.toml").write_text('default_locale = "en"\n[locales.en]\n')
    (root / "en/articles/other.md").write_text("# Other\n\nText.\n")
    return root


def problems(content: Path, text: str) -> list[str]:
    (content / "en/articles/returns.md").write_text(text)
    found = check_content(content, Silent())
    assert all(problem.file == "en/articles/returns.md" for problem in found)
    return [f"{p.line}:{p.column}: {p.code} {p.message}" for p in found]


def codes(content: Path, text: str) -> list[tuple[int, str]]:
    found = (problem.split(" ") for problem in problems(content, text))
    return [(int(place.split(":")[0]), code) for place, code, *_ in found]


def decision(content: Path, text: str) -> Decision:
    (content / "en/articles/returns.md").write_text(text)
    reading = read_content(content, cache=None, progress=Silent())
    assert reading.problems == ()
    (found,) = [page.decision for document, page in reading.documents if document.id == "returns"]
    assert found is not None
    return found


def test_a_table_becomes_questions_and_rules(content: Path) -> None:
    found = decision(content, HEAD + GOOD)
    assert [question.text for question in found.questions] == ["What?", "Opened?"]
    assert [option.key for option in found.questions[0].options] == ["bike", "soap"]
    assert [rule.conditions for rule in found.rules] == [
        ("bike", ""),
        ("soap", "yes"),
        ("soap", "no"),
    ]


def test_outcomes_keep_their_markup_and_lead_to_real_addresses(content: Path) -> None:
    found = decision(content, HEAD + GOOD)
    expected = '<strong>Yes</strong>, see <a href="/en/articles/other">how</a>'
    assert found.rules[0].outcome == expected


def test_only_what_still_matters_is_asked(content: Path) -> None:
    found = decision(content, HEAD + GOOD)
    guide = decision_guide(found)
    bike = guide.state({"what": "bike"})
    assert bike.question is None
    assert outcome(found, bike).startswith("<strong>Yes")
    soap = guide.state({"what": "soap"})
    assert soap.question is guide.questions[1]
    assert outcome(found, soap) == ""
    assert outcome(found, guide.state({"what": "soap", "opened": "no"})) == "Yes"


def test_the_table_of_a_named_section_is_meant(content: Path) -> None:
    text = f"## One\n\n| A |\n|---|\n| x |\n\n## Size?\n\n{GOOD}"
    found = decision(content, HEAD.replace("true", "size") + text)
    assert found.anchor == "size"
    assert found.questions[0].text == "What?"


def test_keys_are_different_even_where_texts_look_alike(content: Path) -> None:
    text = "| Ask | Ask | Then |\n|---|---|---|\n| a! | x | Yes |\n| a? | x | No |\n"
    found = decision(content, HEAD + text)
    assert [question.key for question in found.questions] == ["ask-1", "ask-2"]
    assert [option.key for option in found.questions[0].options] == ["a", "a-1"]


def test_a_case_without_a_row_is_an_error_at_the_table(content: Path) -> None:
    text = GOOD.replace("| Soap | no | Yes |\n", "")
    found = problems(content, HEAD + text + "| Cup | no | No |\n")
    assert found == [
        "7:1: decision-gap No row covers the case Cup · yes; add one, or use `*`.",
        "7:1: decision-gap No row covers the case Soap · no; add one, or use `*`.",
    ]


def test_of_many_gaps_the_first_are_told(content: Path) -> None:
    rows = "".join(f"| a{n} | b{n} | c |\n" for n in range(9))
    found = problems(content, f"{HEAD}| A | B | C |\n|---|---|---|\n{rows}")
    assert len(found) == 5
    assert found[-1].endswith("(and 67 more); add one, or use `*`.")


def test_rows_that_contradict_each_other_are_an_error_at_the_later_one(content: Path) -> None:
    found = problems(content, f"{HEAD}{GOOD}| Bike | yes | No |\n")
    assert found == [
        "12:1: decision-conflict This row holds for a case of row 1 too, and says something else; "
        "make the conditions exclude each other."
    ]


def test_rows_may_overlap_where_they_say_the_same(content: Path) -> None:
    text = "| A | B | Then |\n|---|---|---|\n| x | | Yes |\n| | y | Yes |\n| z | w | No |\n"
    assert codes(content, HEAD + text + "| x | w | Yes |\n") == [(10, "decision-unreachable")]
    assert codes(content, HEAD + text) == []


def test_a_row_that_is_never_reached_is_a_warning(content: Path) -> None:
    (content / "en/articles/returns.md").write_text(f"{HEAD}{GOOD}| Soap | no | Yes |\n")
    (found,) = check_content(content, Silent())
    assert (found.line, found.code) == (12, "decision-unreachable")
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("No table.\n", "decision-missing"),
        (f"{GOOD}\n{GOOD}", "decision-missing"),
        ("| A |\n|---|\n| x |\n", "decision-invalid"),
        ("| A | B |\n|---|---|\n", "decision-invalid"),
        ("| A | B |\n|---|---|\n| x | |\n", "decision-invalid"),
        ("| A | B |\n|---|---|\n| * | y |\n", "decision-invalid"),
        ("| | B |\n|---|---|\n| x | y |\n", "decision-invalid"),
        ("<table><tr><td>x</td></tr></table>\n", "decision-invalid"),
        ("<table></table>\n", "decision-invalid"),
        (
            "|" + " Q |" * 7 + " A |\n|" + "---|" * 8 + "\n|" + " x |" * 8 + "\n",
            "decision-too-large",
        ),
        (
            "| Q | A |\n|---|---|\n" + "".join(f"| {n} | a |\n" for n in range(MOST_RULES + 1)),
            "decision-too-large",
        ),
        (
            "|" + " Q |" * 6 + " A |\n|" + "---|" * 7 + "\n"
            + "".join("|" + f" {n} |" * 6 + " a |\n" for n in range(5)),
            "decision-too-large",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_an_error_at_the_field(content: Path, body: str, code: str) -> None:
    assert codes(content, f"{HEAD}Text.\n\n{body}") == [(3, code)]


def test_a_section_that_is_not_there_is_named(content: Path) -> None:
    (found,) = problems(content, HEAD.replace("true", "nowhere") + GOOD)
    assert found.startswith("3:1: decision-missing The section `nowhere` has no table")


def test_products_cannot_guide_through_a_decision(content: Path) -> None:
    (content / "en/products").mkdir()
    (content / "en/products/cup.md").write_text(HEAD + GOOD.replace(", see [how](other.md)", ""))
    (found,) = check_content(content, Silent())
    assert found.code == "decision-invalid"


def test_faults_in_a_draft_are_warnings(content: Path) -> None:
    draft = HEAD.replace("decision", "status: draft\ndecision")
    (content / "en/articles/returns.md").write_text(f"{draft}{GOOD}| Bike | yes | No |\n")
    (found,) = check_content(content, Silent())
    assert (found.code, found.severity) == ("decision-conflict", Severity.WARNING)


def test_a_table_written_as_html_has_its_faults_at_the_field(content: Path) -> None:
    rows = "<tr><td>x</td><td>Yes</td></tr><tr><td>x</td><td>No</td></tr>"
    table = f"<table><tr><th>A</th><th>B</th></tr>{rows}</table>\n"
    assert codes(content, HEAD + table) == [(3, "decision-conflict")]


def test_a_table_in_code_is_no_table(content: Path) -> None:
    text = f"```\n{GOOD}```\n\n{GOOD}| Bike | no | No |\n"
    assert codes(content, HEAD + text) == [(22, "decision-conflict")]


def test_the_table_stays_readable_and_searchable(content: Path) -> None:
    (content / "en/articles/returns.md").write_text(HEAD + GOOD)
    reading = read_content(content, cache=None, progress=Silent())
    (page,) = [page for document, page in reading.documents if document.id == "returns"]
    assert "<table" in page.html
    blocks = [block.text for section in page.sections for block in section.blocks]
    assert "What? Soap; Opened? no; Then: Yes" in blocks
