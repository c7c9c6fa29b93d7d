"""Front matter: values with their places, and one readable sentence for whatever is wrong."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.assemble import Entry, enter
from indexer.parse import parse
from indexer.parsed import Finding
from indexer.source import Source
from kb.documents import Kind
from kb.problems import Severity
from kb.site import Category, LocaleInfo, Site, Team

SITE = Site(
    default_locale="en",
    locales={"en": LocaleInfo()},
    categories={"battery": Category(phase="service")},
    teams={"service": Team(), "workshop": Team()},
)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def read(text: str, kind: Kind = Kind.ARTICLE) -> tuple[Entry | None, list[Finding]]:
    source = Source("en/articles/battery/a.md", Path("a.md"), kind, "en", "battery", "a")
    return enter(source, parse(text.encode(), "en", kind), SITE, NOW)


def findings(text: str) -> list[tuple[int, int, str, Severity]]:
    return [(f.line, f.column, f.code, f.severity) for f in read(text)[1]]


def only_message(text: str) -> str:
    (finding,) = read(text)[1]
    return finding.message


ERROR, WARNING = Severity.ERROR, Severity.WARNING


def test_fields_reach_the_document() -> None:
    entry, found = read(
        "---\nid: keep\ntitle: Keeping\nsummary: |\n  Two\n  lines\nquestions: How?\n"
        "tags: [a, 1]\nowner_team: workshop\nreviewed: 2026-05-01\nphase: promoter\n---\nText\n"
    )
    assert found == []
    assert entry is not None
    document = entry.document
    assert (document.id, document.slug, document.title) == ("keep", "a", "Keeping")
    assert document.summary == "Two lines"
    assert document.questions == ("How?",)
    assert document.tags == ("a", "1")
    assert (document.owner_team, document.reviewed, document.phase) == (
        "workshop",
        "2026-05-01",
        "promoter",
    )
    assert document.category == "battery"


@pytest.mark.parametrize("heading", ["# The title", "The title\n=========", "#  The *title*"])
def test_without_front_matter_the_first_heading_is_the_title(heading: str) -> None:
    entry, found = read(f"{heading}\n\nText\n")
    assert found == []
    assert entry is not None
    assert entry.document.title == "The title"
    assert "title" not in entry.parsed.html
    assert entry.parsed.markdown == "Text\n"


def test_a_heading_that_repeats_the_title_is_dropped() -> None:
    entry, _ = read("---\ntitle: Charging & storing\n---\n# Charging &amp; storing\n\n## More\n\nx")
    assert entry is not None
    assert entry.parsed.html.strip() == '<h2 id="more">More</h2>\n<p>x</p>'


def test_another_heading_than_the_title_stays_below_it() -> None:
    entry, _ = read("---\ntitle: Charging\n---\n# Something else\n\n## More\n\nx")
    assert entry is not None
    assert '<h2 id="something-else">' in entry.parsed.html
    assert '<h2 id="more">' in entry.parsed.html


def test_several_first_level_headings_step_down_together() -> None:
    entry, _ = read("---\ntitle: T\n---\nx\n\n# One\n\n## Below\n\n# Two\n\ny")
    assert entry is not None
    assert "<h1" not in entry.parsed.html
    assert '<h3 id="below">' in entry.parsed.html


def test_numbers_and_truth_values_are_text_where_text_is_meant() -> None:
    entry, found = read("---\ntitle: 1984\ntags: [no, 0815]\nreviewed_by: yes\n---\nText\n")
    assert found == []
    assert entry is not None
    assert (entry.document.title, entry.document.tags) == ("1984", ("no", "0815"))


@pytest.mark.parametrize(
    ("field", "place", "sentence"),
    [
        ("title: [a, b]", (2, 1), "title: expected text, found a list."),
        ("title: {a: b}", (2, 1), "title: expected text, found fields."),
        ("tags: {a: b}", (2, 1), "tags: expected a list, found fields."),
        ("tags: [ok, [x]]", (2, 12), "tags.1: expected text, found a list."),
        ("reviewed: 2026-99-99", (2, 1), "reviewed: expected a date such as 2026-05-31, found"),
        ("review_every: often", (2, 1), "review_every: expected a whole number, found `often`."),
        ("review_every: 0", (2, 1), "review_every: expected a number above 0, found `0`."),
        ("publish_at: soon", (2, 1), "publish_at: expected a date such as 2026-05-31"),
        ("status: Draft", (2, 1), "status: expected `draft`, `internal`, `published` or"),
        ("phase: later", (2, 1), "phase: expected `awareness`, `consideration`,"),
        ("category: How To", (2, 1), "digits and hyphens such as `how-to`, found `How To`."),
        ("related: [a b]", (2, 11), "related.0: expected lower-case letters"),
        (f"title: {'x' * 300}", (2, 1), "title: at most 250 characters, found 300."),
    ],
)
def test_wrong_values_are_told_in_one_sentence_at_their_place(
    field: str, place: tuple[int, int], sentence: str
) -> None:
    other = "" if field.startswith("title") else "title: T\n"
    entry, found = read(f"---\n{field}\n{other}---\nText\n")
    assert entry is None
    assert [(f.code, (f.line, f.column)) for f in found] == [("invalid-field", place)]
    assert sentence in found[0].message


def test_all_wrong_fields_are_reported_together() -> None:
    found = findings("---\ntitle: [x]\nphase: x\nunknown_one: 1\n---\nText")
    assert [code for _, _, code, _ in found] == ["unknown-key", "invalid-field", "invalid-field"]


def test_unknown_fields_are_warnings_with_the_nearest_known_one() -> None:
    text = "---\ntitle: T\nsumary: x\nms.topic: y\nsku: z\n---\nText\n"
    entry, found = read(text)
    assert entry is not None
    assert [(f.line, f.code, f.severity) for f in found] == [
        (3, "unknown-key", WARNING),
        (4, "unknown-key", WARNING),
        (5, "unknown-key", WARNING),
    ]
    assert "did you mean `summary`?" in found[0].message
    assert "not used" in found[1].message
    assert "only products" in found[2].message


@pytest.mark.parametrize("field", ["staus: draft", "Status: draft", "publish-at: 2030-01-01"])
def test_a_slip_that_would_publish_a_draft_is_an_error(field: str) -> None:
    entry, found = read(f"---\ntitle: T\n{field}\n---\nText\n")
    assert entry is None
    assert [(f.code, f.severity) for f in found] == [("unknown-key", ERROR)]


@pytest.mark.parametrize("field", ["states: 16", "publish_date: 2020-01-01", "stats: draftees"])
def test_other_fields_that_look_alike_stay_warnings(field: str) -> None:
    entry, found = read(f"---\ntitle: T\n{field}\n---\nText\n")
    assert entry is not None
    assert [(f.code, f.severity) for f in found] == [("unknown-key", WARNING)]


@pytest.mark.parametrize("field", ["draft: true", "published: false", "draft: yes"])
def test_other_tools_words_for_a_draft_are_understood(field: str) -> None:
    entry, found = read(f"---\ntitle: T\n{field}\n---\nText\n")
    assert found == []
    assert entry is not None
    assert not entry.public


def test_a_description_serves_as_summary() -> None:
    entry, found = read("---\ntitle: T\ndescription: Short\n---\nText\n")
    assert found == []
    assert entry is not None
    assert entry.document.summary == "Short"


@pytest.mark.parametrize(
    ("text", "line", "column", "code"),
    [
        ("---\ntitle: x\n\nText without end", 1, 1, "front-matter-open"),
        ("---\ntitle: a: b\n---\nText", 2, 9, "front-matter-syntax"),
        ("---\ntitle: 'x\n---\nText", 2, 10, "front-matter-syntax"),
        ("---\n- a\n- b\n---\nText", 2, 1, "front-matter-syntax"),
        ("---\ntitle: x\n\ttags: y\n---\nText", 3, 1, "front-matter-syntax"),
        ("---\n[a]: b\n---\nText", 2, 1, "front-matter-syntax"),
        ("---\ntitle: !!python/object/apply:os.system ['x']\n---\n", 2, 8, "front-matter-tag"),
        ("---\ntitle: !secret x\n---\n", 2, 8, "front-matter-tag"),
        ("---\nx: " + "[" * 200 + "\n---\n", 2, 54, "front-matter-too-large"),
        (f"---\nx: {'y' * 300_000}\n---\n", 2, 1, "front-matter-too-large"),
    ],
)
def test_unreadable_front_matter_is_one_error_at_its_place(
    text: str, line: int, column: int, code: str
) -> None:
    assert findings(text) == [(line, column, code, ERROR)]


def test_a_colon_in_a_value_gets_the_advice_to_quote_it() -> None:
    assert "needs quotes" in only_message("---\ntitle: Charging: how\n---\nText")


def test_aliases_that_explode_are_stopped_at_once() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    started = time.process_time()
    found = findings("---\n" + "\n".join(lines) + "\ntitle: x\n---\nText")
    assert time.process_time() - started < 1
    assert [code for _, _, code, _ in found] == ["front-matter-too-large"]


def test_an_alias_that_contains_itself_is_stopped() -> None:
    assert findings("---\na: &a [*a]\n---\nText")[0][2].startswith("front-matter")


def test_a_line_at_the_top_is_not_front_matter() -> None:
    entry, found = read("---\n\n# Title\n\nText\n")
    assert found == []
    assert entry is not None
    assert entry.document.title == "Title"


def test_a_field_given_twice_is_a_warning() -> None:
    assert findings("---\ntitle: a\ntitle: b\n---\nText") == [(3, 1, "duplicate-key", WARNING)]


def test_a_file_lacking_title_or_text_is_a_warning_and_one_lacking_both_an_error() -> None:
    assert findings("Just text\n") == [(1, 1, "missing-title", WARNING)]
    assert findings("---\ntags: [a]\n---\n") == [(1, 1, "missing-title", ERROR)]
    assert findings("---\ntitle: T\n---\n") == [(1, 1, "empty-body", WARNING)]
    assert findings("# " + "x" * 300 + "\n\nText") == [(1, 1, "title-too-long", ERROR)]
    assert findings("# " + "x" * 300 + "\n") == [
        (1, 1, "title-too-long", ERROR),
        (1, 1, "empty-body", WARNING),
    ]


def test_what_is_missing_is_told_with_the_way_out() -> None:
    assert only_message("Just text\n") == (
        "There is no title, so the file's name “A” serves as one; "
        "write `title: …` in the front matter or a heading `# …`."
    )
    assert only_message("---\ntags: [a]\n---\n") == (
        "There is neither title nor text; write them or delete the file."
    )
    assert only_message("# T\n") == (
        "There is no text, so only the title can be found; write some or delete the file."
    )


def test_titles_summaries_and_questions_hold_no_invisible_characters() -> None:
    entry, _ = read(
        "---\ntitle: Akku\u00adtasche\nsummary: a\u200db\nquestions: u\u0308ber\u200f?\n---\nText"
    )
    assert entry is not None
    document = entry.document
    assert (document.title, document.summary, document.questions) == (
        "Akkutasche",
        "ab",
        ("über?",),
    )


def test_names_that_the_site_does_not_know_are_warnings() -> None:
    text = "---\ntitle: T\ncategory: other\nowner_team: nobody\nredirect_from: old\n---\nText"
    assert findings(text) == [
        (3, 1, "unknown-category", WARNING),
        (4, 1, "unknown-team", WARNING),
        (5, 1, "invalid-redirect", WARNING),
    ]


def test_reserved_words_cannot_be_categories() -> None:
    assert findings("---\ntitle: T\ncategory: search\n---\nText") == [
        (3, 1, "reserved-category", ERROR)
    ]


def test_errors_in_a_draft_forbid_nothing() -> None:
    entry, found = read("---\ntitle: [x]\nstatus: draft\n---\nText")
    assert entry is None
    assert [(f.code, f.severity) for f in found] == [("invalid-field", WARNING)]


@pytest.mark.parametrize(
    ("fields", "public"),
    [
        ("status: published", True),
        ("status: draft", False),
        ("status: internal", False),
        ("status: archived", False),
        ("publish_at: 2026-06-01", True),
        ("publish_at: 2026-06-02", False),
        ("publish_at: 2026-06-01 11:59", True),
        ("publish_at: 2026-06-01T12:30:00+00:00", False),
        ("publish_at: 2026-06-01T13:30:00+02:00", True),
        ("status: draft\npublish_at: 2020-01-01", False),
    ],
)
def test_only_published_files_whose_time_has_come_are_public(fields: str, public: bool) -> None:
    entry, found = read(f"---\ntitle: T\n{fields}\n---\nText")
    assert found == []
    assert entry is not None
    assert entry.public is public


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n---\ntitle: T\nstatus: draft\n---\nSecret", 2),
        (" ---\ntitle: T\nstatus: draft\n ---\nSecret", 1),
        ("+++\ntitle = 'T'\ndraft = true\n+++\nSecret", 1),
    ],
)
def test_fields_that_would_be_taken_for_text_are_an_error(text: str, line: int) -> None:
    assert findings(text) == [(line, 1, "front-matter-syntax", ERROR)]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert findings("\n---\n\n# Title\n\nText") == []
