"""Passages: short enough for one vector, in order, each word once, never across a heading."""

from itertools import chain

from indexer.passages import PASSAGE_WORDS, cut_passages
from indexer.sections import cut
from kb.documents import Block, BlockKind, Document, Kind, Page, Passage, Section

LONGEST_BLOCK = 220


def document(title: str = "Charging") -> Document:
    return Document(
        kind=Kind.ARTICLE,
        id="a",
        locale="en",
        slug="a",
        title=title,
        summary="",
        category="",
        phase="service",
        questions=(),
        tags=(),
        audience=(),
        owner_team="",
        reviewed="",
        reviewed_by="",
        related=(),
        redirect_from=(),
        source="en/articles/a.md",
    )


def passages(*sections: Section) -> list[Passage]:
    return list(cut_passages(7, document(), Page("", "", sections)))


def section(*blocks: Block, heading: str = "", path: tuple[str, ...] = ()) -> Section:
    return Section(heading, heading.lower(), 2, blocks, path)


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def step(text: str, number: int) -> Block:
    return Block(BlockKind.STEP, text, 1, number)


def words(count: int, start: int = 0) -> str:
    return " ".join(f"w{number}" for number in range(start, start + count))


def sentence(count: int, start: int) -> str:
    return f"W{words(count, start)[1:]}."


def all_words(found: list[Passage]) -> list[str]:
    return list(chain.from_iterable(passage.text.split() for passage in found))


def test_short_blocks_share_a_passage_until_it_is_full() -> None:
    blocks = [paragraph(words(50, start)) for start in range(0, 500, 50)]
    found = passages(section(*blocks))
    assert [len(passage.blocks) for passage in found] == [3, 3, 3, 1]
    assert all(len(passage.text.split()) <= PASSAGE_WORDS for passage in found)
    assert list(chain.from_iterable(passage.blocks for passage in found)) == blocks


def test_a_passage_never_crosses_a_heading() -> None:
    found = passages(
        section(paragraph("one")),
        section(paragraph("two"), heading="Two"),
        section(paragraph("three"), heading="Three"),
    )
    assert [(passage.heading, passage.anchor, passage.text) for passage in found] == [
        ("", "", "one"),
        ("Two", "two", "two"),
        ("Three", "three", "three"),
    ]


def test_the_context_is_the_way_of_headings_from_the_title() -> None:
    found = passages(
        section(paragraph("one")),
        section(paragraph("two"), heading="Winter", path=("Storing",)),
    )
    assert [passage.context for passage in found] == ["Charging", "Charging › Storing › Winter"]
    assert {passage.document for passage in found} == {7}


def test_a_document_without_text_still_has_one_passage() -> None:
    empty = Passage(7, "", "", (), "Charging")
    assert passages() == [empty]
    assert passages(section(heading="Only a heading")) == [empty]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join(sentence(25, start) for start in range(0, 500, 25))
    found = passages(section(paragraph(text)))
    assert len(found) > 2
    assert all(len(passage.text.split()) <= PASSAGE_WORDS for passage in found)
    assert all(passage.text.endswith(".") for passage in found)
    assert all_words(found) == text.split()


def test_a_sentence_longer_than_the_limit_is_cut_between_words() -> None:
    text = f"Before it. {sentence(500, 0)} Behind it."
    found = passages(section(paragraph(text)))
    assert all(len(passage.text.split()) <= LONGEST_BLOCK for passage in found)
    assert all_words(found) == text.split()


def test_a_block_between_both_limits_stays_whole() -> None:
    text = f"{sentence(100, 0)} {sentence(100, 100)}"
    found = passages(section(paragraph("Before."), paragraph(text), paragraph("Behind.")))
    assert [passage.text for passage in found] == ["Before.", text, "Behind."]


def test_a_long_step_stays_one_step() -> None:
    long = f"{sentence(200, 0)} {sentence(200, 200)}"
    steps = [step(f"Do {number}.", number) for number in range(1, 12)]
    steps[4] = step(long, 5)
    found = passages(section(*steps))
    assert list(chain.from_iterable(passage.blocks for passage in found)) == steps
    assert [passage.blocks for passage in found][1] == (steps[4],)


def test_long_code_is_cut_at_lines_and_keeps_them() -> None:
    lines = ["if ready:", *(f"    {words(9, n)}" for n in range(40)), "", "done()"]
    found = passages(section(Block(BlockKind.CODE, "\n".join(lines))))
    kept = [line for passage in found for line in passage.text.split("\n")]
    assert kept == lines
    assert len(found) > 1
    assert all(len(passage.text.split()) <= PASSAGE_WORDS for passage in found)
    assert {block.kind for passage in found for block in passage.blocks} == {BlockKind.CODE}


def test_every_word_of_a_page_stands_in_exactly_one_passage_in_order() -> None:
    items = "".join(f"<li>{sentence(30, n * 30)}</li>" for n in range(9))
    rows = "".join(f"<tr><td>{words(80, n)}</td><td>{words(80, n)}</td></tr>" for n in range(4))
    sections = cut(
        f"<p>{' '.join(sentence(40, n) for n in range(8))}</p><h2 id='a'>A</h2><ol>{items}</ol>"
        f"<table>{rows}</table><h3 id='b'>B</h3><ul>{items}</ul>"
        f"<pre><code>{words(300)}</code></pre>"
    )
    found = passages(*sections)
    written = [word for part in sections for block in part.blocks for word in block.text.split()]
    assert all_words(found) == written
