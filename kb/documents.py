"""What a reader gets: documents made of sections, cut into passages.

These records travel from the indexer through the published library to search and web. They are
data: text, offsets and sanitised HTML, never markup built for one screen.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kb.site import Phase


class Kind(StrEnum):
    ARTICLE = "article"
    PRODUCT = "product"


class BlockKind(StrEnum):
    """What a piece of text is, so that an answer can return it whole."""

    PARAGRAPH = "paragraph"
    STEP = "step"  # item of a numbered list
    ITEM = "item"  # item of a bulleted or task list
    ROW = "row"  # one table row, cells joined with their column names
    FACT = "fact"  # one product attribute with unit
    TERM = "term"  # a definition list's term with its definition
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    text: str  # plain text, white space folded; only code keeps its lines
    group: int = 0  # blocks of the same list or table share a number within their section
    number: int = 0  # of a step, as the page shows it; 0 for all other kinds


@dataclass(frozen=True, slots=True)
class Variant:
    """A block of a page for some readers only."""

    name: str  # one of `kb.variants.NAMES`
    label: str  # as the page shows it; "" for a form of address


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, up to the next heading.

    A variant block within it is a section of its own with the same heading, and so is what follows.
    """

    heading: str  # "" for the text before the first heading
    anchor: str  # id of the heading in the page; "" for the top
    level: int  # 1 for the top, 2 for <h2> …
    blocks: tuple[Block, ...]
    path: tuple[str, ...] = ()  # headings above this one, outermost first
    variants: tuple[Variant, ...] = ()  # the blocks it stands in, outermost first


@dataclass(frozen=True, slots=True)
class Fact:
    """One product attribute, ready to be read and compared."""

    key: str
    label: str
    value: str  # formatted for the locale, with unit
    raw: Any  # number, bool, text or list as the editor wrote it


@dataclass(frozen=True, slots=True)
class Product:
    """What a product document knows beyond its text."""

    type: str
    sku: str
    price: float | None
    currency: str
    facts: tuple[Fact, ...]
    images: tuple[str, ...]  # addresses below the site's root
    accessories: tuple[str, ...]  # ids of products
    suitable_for: tuple[str, ...]
    not_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a document's history, in the editors' words."""

    date: str  # ISO date
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One published article or product in one locale, without its body."""

    kind: Kind
    id: str  # the same in all locales
    locale: str
    slug: str  # last part of the address; unique per kind and locale
    title: str
    summary: str
    category: str  # for a product: its type
    phase: Phase
    questions: tuple[str, ...]
    tags: tuple[str, ...]
    audience: tuple[str, ...]
    owner_team: str
    reviewed: str  # ISO date or ""
    reviewed_by: str
    related: tuple[str, ...]  # ids
    redirect_from: tuple[str, ...]  # former addresses below the site's root
    source: str  # path below the content folder
    product: Product | None = None
    published: str = ""  # ISO date of the file's first commit, "" when unknown
    changed: str = ""  # ISO date of the last change, by git or by `changes`, or ""
    changes: tuple[Change, ...] = ()  # newest first

    @property
    def url(self) -> str:
        return f"/{self.locale}/{self.kind}s/{self.slug}"

    @property
    def name(self) -> str:
        """`kind/id`: what records call it, in whichever locale it was read."""
        return f"{self.kind}/{self.id}"

    @property
    def updated(self) -> str:
        """ISO date on which the page was last changed or found to be right, or ""."""
        return max(self.changed, self.reviewed)


@dataclass(frozen=True, slots=True)
class DecisionOption:
    key: str  # in addresses; made of the text
    text: str


@dataclass(frozen=True, slots=True)
class DecisionQuestion:
    """A column of a decision table."""

    key: str  # in addresses; made of the text
    text: str
    options: tuple[DecisionOption, ...]  # in the order of their first rows


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of a decision table."""

    conditions: tuple[str, ...]  # the key of an option for each question; "" for any
    outcome: str  # sanitised HTML, the same that the page's table shows


@dataclass(frozen=True, slots=True)
class Decision:
    """A table of cases that is asked question by question."""

    anchor: str  # of the section the table stands in; "" for the top
    questions: tuple[DecisionQuestion, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a document: what an article or product page shows."""

    html: str  # sanitised; media and links to other documents are addresses below the root
    markdown: str  # clean source without front matter
    sections: tuple[Section, ...]  # the same content as plain text; what is searched
    decision: Decision | None = None  # the table that guides through it, if it has one


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a section short enough to be embedded as one vector."""

    document: int  # number of its document in the library
    heading: str
    anchor: str
    blocks: tuple[Block, ...]
    context: str  # "title › heading", put in front when the passage is embedded
    audience: tuple[str, ...] = ()  # for whom alone it is written; empty: for everybody

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)
