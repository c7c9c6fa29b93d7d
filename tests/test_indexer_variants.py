"""Variant blocks: three notations, one block; sections that know for whom they are; warnings."""

from pathlib import Path

import pytest

from indexer.build import build_index
from indexer.check import check_content
from indexer.parse import parse
from indexer.parsed import Parsed
from indexer.passages import cut_passages
from kb.context import Address
from kb.documents import Document, Kind, Page, Passage
from kb.progress import Silent
from kb.site import load_site
from search.generation import Generation

BUSINESS = (
    '<div class="variant business">\n<p class="variant-label">{label}</p>\n'
    "<p>On <strong>account</strong>.</p>\n</div>"
)


def read(text: str, locale: str = "en") -> Parsed:
    return parse(f"---\ntitle: T\n---\n{text}".encode(), locale, Kind.ARTICLE)


def codes(text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in read(text).findings]


@pytest.mark.parametrize(
    "block",
    [
        "::: business\nOn **account**.\n:::",
        ":::Business\nOn **account**.\n:::",
        "!!! business\n    On **account**.",
        '!!! business ""\n    On **account**.',
        "??? business\n    On **account**.",
        "> [!BUSINESS]\n> On **account**.",
    ],
)
def test_every_notation_makes_the_same_labelled_block(block: str) -> None:
    page = read(f"All.\n\n{block}\n\nAll again.")
    assert BUSINESS.format(label="For business customers") in page.html
    assert page.findings == ()


@pytest.mark.parametrize(
    ("locale", "label"), [("de", "Für Geschäftskunden"), ("pt", "For business customers")]
)
def test_the_label_is_in_the_language_of_the_page(locale: str, label: str) -> None:
    assert BUSINESS.format(label=label) in read("::: business\nOn **account**.\n:::", locale).html


def test_a_title_takes_the_place_of_the_label() -> None:
    page = read("::: business For firms and clubs\nOn **account**.\n:::")
    assert BUSINESS.format(label="For firms and clubs") in page.html


def test_forms_of_address_have_no_label() -> None:
    html = read("::: du\nKomm.\n:::\n::: sie\nKommen Sie.\n:::", "de").html
    assert '<div class="variant du">\n<p>Komm.</p>\n</div>' in html
    assert "variant-label" not in html


def test_other_classes_of_a_block_never_reach_a_page() -> None:
    html = read('<div class="variant du top evil">x</div>\n\n<p class="variant">y</p>').html
    assert '<div class="variant du">x</div>' in html
    assert "<p>y</p>" in html


def test_a_section_is_parted_where_a_block_begins_and_ends() -> None:
    text = "## Pay\n\nAll.\n\n::: business\nFirms.\n\n::: expert\nBoth.\n:::\n:::\n\nAll again."
    found = [
        (s.heading, [v.name for v in s.variants], [b.text for b in s.blocks])
        for s in read(text).sections
    ]
    assert found == [
        ("Pay", [], ["All."]),
        ("Pay", ["business"], ["Firms."]),
        ("Pay", ["business", "expert"], ["Both."]),
        ("Pay", [], ["All again."]),
    ]


def test_a_heading_in_a_block_ends_with_it() -> None:
    text = "## Pay\n\n::: business\n### On account\n\nFirms.\n:::\n\nAll again.\n\n### Late\n\nx"
    found = [(s.heading, s.path, bool(s.variants), len(s.blocks)) for s in read(text).sections]
    assert found == [
        ("Pay", (), False, 0),
        ("On account", ("Pay",), True, 1),
        ("Pay", (), False, 1),
        ("Late", ("Pay",), False, 1),
    ]


def test_a_block_within_a_list_stays_out_of_the_text_for_everybody() -> None:
    page = read("1. Open.\n\n    !!! expert\n        Torque 5 Nm.\n\n2. Close.\n")
    assert [b.text for s in page.sections for b in s.blocks] == ["Open.", "Close."]
    assert "Torque 5 Nm." in page.html
    assert [f.code for f in page.findings] == ["variant-in-list"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\n\n::: du\nx\n:::\n", [(6, "lone-address")]),
        (
            "::: du\nx\n:::\n\ntext\n\n::: sie\ny\n:::\n",
            [(4, "lone-address"), (10, "lone-address")],
        ),
        ("::: sie\nx\n:::\n::: du\ny\n:::\n", []),
        ("::: du\na\n:::\n::: sie\nb\n:::\n::: du\nc\n:::\n", [(10, "lone-address")]),
        ("::: business\n::: private\nx\n:::\n:::\n", [(5, "contradicting-variant")]),
        ("::: business\n::: expert\nx\n:::\n:::\n", []),
        ("::: du\n## H\n:::\n::: sie\nx\n:::\n", [(4, "address-heading")]),
        ("::: business\n## H\n\nx\n:::\n", []),
        ("```\n::: du\n```\n\n::: du\nx\n:::\n", [(8, "lone-address")]),
        ("- a\n\n    > [!SIE]\n    > x\n", [(6, "variant-in-list"), (6, "lone-address")]),
    ],
)
def test_what_some_reader_would_miss_is_told_at_its_place(
    text: str, found: list[tuple[int, str]]
) -> None:
    assert codes(text) == found


def document() -> Document:
    return Document(
        kind=Kind.ARTICLE, id="a", locale="de", slug="a", title="Titel", summary="", category="",
        phase="service", questions=(), tags=(), audience=(), owner_team="", reviewed="",
        reviewed_by="", related=(), redirect_from=(), source="de/articles/a.md",
    )  # fmt: skip


def passages(text: str, address: Address = Address.DU) -> list[Passage]:
    page = read(text, "de")
    return list(cut_passages(0, document(), Page(page.html, "", page.sections), address))


def test_a_passage_is_for_one_audience_and_says_so_where_it_is_embedded() -> None:
    found = passages("## Zahlen\n\nAlle.\n\n::: business\nFirmen.\n:::\n")
    assert [(p.text, p.audience, p.context) for p in found] == [
        ("Alle.", (), "Titel › Zahlen"),
        ("Firmen.", ("business",), "Titel › Zahlen › Für Geschäftskunden"),
    ]


@pytest.mark.parametrize(("address", "kept"), [(Address.DU, "Komm."), (Address.SIE, "Kommen Sie.")])
def test_only_the_sites_own_form_of_address_is_indexed(address: Address, kept: str) -> None:
    found = passages("::: du\nKomm.\n:::\n::: sie\nKommen Sie.\n:::", address)
    assert [(p.text, p.audience, p.context) for p in found] == [(kept, (), "Titel")]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    root = tmp_path / "content"
    (root / "de/articles").mkdir(parents=True)
    (root / "de/articles/a.md").write_text("# A\n\n::: du\nKomm.\n:::\n::: sie\nKommen Sie.\n:::\n")
    return root


@pytest.mark.parametrize(
    ("line", "locale", "address"),
    [
        ("", "de", Address.DU),
        ('address = "sie"', "de", Address.SIE),
        ('address = { de = "sie" }', "de-AT", Address.SIE),
        ('address = { de = "sie", de-AT = "du" }', "de-AT", Address.DU),
        ('address = { de = "sie" }', "en", Address.DU),
    ],
)
def test_the_site_says_how_it_speaks(
    content: Path, line: str, locale: str, address: Address
) -> None:
    (content / "site.toml").write_text(line)
    site, problems = load_site(content)
    assert problems == []
    assert site.address_in(locale) is address


@pytest.mark.parametrize("line", ['address = "you"', 'address = { de = "ihr" }', "address = 3"])
def test_an_unknown_form_of_address_is_a_problem_at_its_line(content: Path, line: str) -> None:
    (content / "site.toml").write_text(f'name = "N"\n{line}\n')
    problems = load_site(content)[1]
    assert [(p.line, p.code) for p in problems] == [(2, "site-invalid")]


def test_another_form_of_address_renews_the_index(content: Path, tmp_path: Path) -> None:
    texts = []
    for line in ('address = "du"', 'address = "sie"'):
        (content / "site.toml").write_text(f'default_locale = "de"\n{line}\n')
        build_index(content, tmp_path / "index", None)
        generation = Generation.open_current(tmp_path / "index")
        texts.append(generation.library.passage(0).text)
        assert "Komm" in generation.library.page(0).markdown
        generation.close()
    assert texts == ["Komm.", "Kommen Sie."]


def test_an_unknown_audience_of_an_article_is_a_warning(content: Path) -> None:
    (content / "de/articles/b.md").write_text(
        "---\ntitle: B\naudience: [business, firms]\n---\nx\n"
    )
    found = [(p.file, p.line, p.code) for p in check_content(content, Silent())]
    assert found == [("de/articles/b.md", 3, "unknown-audience")]
