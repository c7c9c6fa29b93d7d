"""Sections and blocks: plain, complete, each word once."""

import re
from collections import Counter
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from indexer.parse import parse
from indexer.parsed import Parsed
from kb.documents import Block, BlockKind, Kind

EXAMPLE = Path(__file__).parent.parent / "content"
RENDERING = Path(__file__).parent / "data" / "rendering"


def read(text: str, locale: str = "en") -> Parsed:
    return parse(f"---\ntitle: T\n---\n{text}".encode(), locale, Kind.ARTICLE)


def blocks(text: str) -> list[Block]:
    return [block for section in read(text).sections for block in section.blocks]


def texts(text: str) -> list[str]:
    return [block.text for block in blocks(text)]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def test_headings_know_what_stands_above_them() -> None:
    page = read("top\n\n## A\n\na\n\n#### A1\n\nx\n\n### A2\n\ny\n\n## B\n\nb")
    assert [(s.heading, s.level, s.path) for s in page.sections] == [
        ("", 1, ()),
        ("A", 2, ()),
        ("A1", 4, ("A",)),
        ("A2", 3, ("A",)),
        ("B", 2, ()),
    ]


def test_lists_of_one_section_have_groups_of_their_own() -> None:
    found = blocks("- a\n- b\n\ntext\n\n1. c\n2. d\n")
    assert [(b.kind, b.group > 0) for b in found] == [
        (BlockKind.ITEM, True),
        (BlockKind.ITEM, True),
        (BlockKind.PARAGRAPH, False),
        (BlockKind.STEP, True),
        (BlockKind.STEP, True),
    ]
    assert found[0].group == found[1].group != found[3].group == found[4].group


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1. a\n2. b\n\ntext\n\n3. c\n4. d\n", [1, 2, 0, 3, 4]),
        ("- a\n- b\n", [0, 0]),
        ("1. a\n    - x\n    - y\n2. b\n", [1, 2]),
        ('<ol start="3"><li>a</li><li value="7">b</li><li></li><li>c</li></ol>', [3, 7, 9]),
        ("<ol reversed><li>a</li><li>b</li></ol>", [2, 1]),
        ('<ol reversed start="5"><li>a</li><li>b</li></ol>', [5, 4]),
        ('<ol start="0"><li>a</li><li>b</li></ol>', [0, 1]),
        (f'<ol start="{"9" * 5000}"><li>a</li></ol>', [1]),
        ('<ol start="x"><li>a</li><p>between</p><li>b</li></ol>', [1, 0, 2]),
    ],
)
def test_steps_have_the_numbers_the_page_shows(text: str, numbers: list[int]) -> None:
    assert [block.number for block in blocks(text)] == numbers


def test_what_stands_between_two_items_is_no_step() -> None:
    found = blocks("<ol><li>a</li><p>between</p><li>b</li></ol>")
    assert [block.kind for block in found] == [
        BlockKind.STEP,
        BlockKind.PARAGRAPH,
        BlockKind.STEP,
    ]


def test_a_step_takes_everything_below_it_along() -> None:
    text = "1. Check the light:\n   - green: full\n   - red: fault\n\n   Then wait.\n2. Next\n"
    assert texts(text) == [
        "Check the light: green: full; red: fault Then wait.",
        "Next",
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a **b** `c` [d](e.md) <kbd>f</kbd>", "a b c d f"),
        ("H<sub>2</sub>O and un*believ*able", "H2O and unbelievable"),
        ("one  \ntwo<br>three", "one two three"),
        ("a&nbsp;b &amp; c&shy;d\u200be", "a b & cde"),
        ("a&zwj;b&zwnj;c&rlm;d\u2063e u\u0308", "abcde ü"),
        ("Text[^1].\n\n[^1]: Note.", "Text."),
        ("Press ![the button](b.png) now", "Press now"),
        ("![A charger with a green light](c.png)", "A charger with a green light"),
        ("!!! warning\n    Stop.", "Warning: Stop."),
        ('!!! warning "Why?"\n    Stop.', "Why? Stop."),
    ],
)
def test_text_is_plain(text: str, plain: str) -> None:
    assert texts(text)[0] == plain


@pytest.mark.parametrize("text", ["![](c.png)", "![IMG_1.png](c.png)", "![logo](c.png)"])
def test_pictures_that_say_nothing_add_no_text(text: str) -> None:
    assert texts(text) == []


def test_a_footnote_belongs_to_the_section_that_refers_to_it() -> None:
    page = read("## A\n\nText[^1].\n\n## B\n\nMore.\n\n[^1]: The note.")
    assert [[b.text for b in s.blocks] for s in page.sections] == [
        ["Text.", "The note."],
        ["More."],
    ]


def test_table_rows_repeat_their_column_names() -> None:
    table = "| Model | Range |\n|---|---|\n| City 3 | 80 km |\n| Kies 1 | |\n"
    assert texts(table) == ["Model: City 3; Range: 80 km", "Model: Kies 1"]


def test_code_keeps_its_lines() -> None:
    assert blocks("```\na\n  b\n```")[0] == Block(BlockKind.CODE, "a\n  b")


def test_admonition_titles_speak_the_language_of_the_page() -> None:
    text = "> [!NOTE]\n> Text"
    spoken = {loc: read(text, loc).sections[0].blocks[0].text for loc in ("de", "en", "fr", "xx")}
    assert spoken == {
        "de": "Hinweis: Text",
        "en": "Note: Text",
        "fr": "Remarque: Text",
        "xx": "Note: Text",
    }


def test_all_three_ways_to_write_a_call_out_give_the_same_page() -> None:
    pages = {
        read(text).html.strip()
        for text in (
            '!!! tip "Save"\n    Ride in **eco**.',
            ":::tip Save\nRide in **eco**.\n:::",
            ":::tip[Save]\n\nRide in **eco**.\n\n:::",
            "> [!TIP] Save\n> Ride in **eco**.",
        )
    }
    assert pages == {
        '<aside class="admonition tip" role="note">\n<p class="admonition-title">Save</p>\n'
        "<p>Ride in <strong>eco</strong>.</p>\n</aside>"
    }


SAMPLES = sorted(RENDERING.glob("*.md")) + sorted(EXAMPLE.glob("??/*/*/*.md"))[::7]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_visible_word_stands_in_exactly_one_block(path: Path) -> None:
    page = parse(path.read_bytes(), "en", Kind.ARTICLE)
    body = LexborHTMLParser(f"<body>{page.html}</body>").body
    assert body is not None
    for node in body.css("sup a.footnote-ref, a.footnote-backref, thead, tr:has(th)"):
        node.decompose()  # marks, and names that every row repeats
    names = LexborHTMLParser(f"<body>{page.html}</body>").css("th")
    pictures = LexborHTMLParser(f"<body>{page.html}</body>").css("img")
    repeated = words(" ".join([n.text(separator=" ") for n in names]))
    described = words(" ".join(n.attrs.get("alt") or "" for n in pictures))
    visible = words(body.text(separator=" "))
    labels = " ".join(variant.label for s in page.sections for variant in s.variants)
    found = words(
        " ".join(f"{s.heading} {' '.join(b.text for b in s.blocks)}" for s in page.sections)
        + f" {labels}"
    )
    joined = re.sub(r"\W", "", " ".join(b.text for s in page.sections for b in s.blocks))
    lost = {word for word in visible - found if word not in joined}
    assert lost == set()
    extra = {word for word, n in (found - visible).items() if word not in repeated | described}
    assert {word for word in extra if word not in re.sub(r"\W", "", body.text())} == set()
