"""Documents for language models: without what an article says to machines (`kb.instructions`).

People read such text and wonder; a program that reads the whole page would obey it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.documents import Block, BlockKind, Document, Page, Product, Section
from kb.instructions import addresses_machines, opens_prompt, withheld_blocks


def trusted(text: str) -> str:
    """The text, or "" when it is addressed to machines."""
    return "" if addresses_machines(text) else text


def trusted_document(document: Document) -> Document:
    """The document without what its front matter says to machines; for a title stands its id."""
    return replace(
        document,
        title=trusted(document.title) or document.id,
        summary=trusted(document.summary),
        product=_trusted_product(document.product) if document.product else None,
    )


def speaks_to_machines(title: str, page: Page) -> bool:
    """Whether any part of a page is addressed to machines, be it that people cannot see it."""
    return (
        any(_withheld(title, section) or opens_prompt(section.heading) for section in page.sections)
        # Descriptions of pictures and titles of links stand in the source alone.
        or any(map(addresses_machines, page.markdown.split("\n\n")))
    )


def trusted_markdown(title: str, page: Page) -> str:
    """The page's Markdown; where a part of it speaks to machines, the plain text of the others.

    Their Markdown cannot be told from that of the part: an order may be hidden in its signs.
    """
    if not speaks_to_machines(title, page):
        return page.markdown
    return "\n\n".join(text for section in page.sections for text in _texts(title, section))


def _trusted_product(product: Product) -> Product:
    return replace(
        product,
        sku=trusted(product.sku),
        facts=tuple(fact for fact in product.facts if trusted(f"{fact.label}: {fact.value}")),
        suitable_for=_all_trusted(product.suitable_for),
        not_for=_all_trusted(product.not_for),
    )


def _all_trusted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(trusted, texts))


def _withheld(title: str, section: Section) -> frozenset[Block]:
    labels = (variant.label for variant in section.variants)
    places = (title, *section.path, section.heading, *labels)
    return withheld_blocks(" › ".join(filter(None, places)), section.blocks)


def _texts(title: str, section: Section) -> Iterator[str]:
    """Heading and blocks of a section, each as a piece of Markdown."""
    if any(block.kind is BlockKind.FACT for block in section.blocks):
        return  # a product's Markdown lists them above its text
    withheld = _withheld(title, section)
    blocks = [block for block in section.blocks if block not in withheld]
    if section.heading and not opens_prompt(section.heading) and (blocks or not withheld):
        yield f"{'#' * section.level} {section.heading}"
    yield from map(_markdown, blocks)


def _markdown(block: Block) -> str:
    if block.kind is BlockKind.CODE:
        return f"```\n{block.text}\n```"
    if block.kind is BlockKind.STEP:
        return f"{block.number}. {block.text}"
    return block.text if block.kind is BlockKind.PARAGRAPH else f"- {block.text}"
