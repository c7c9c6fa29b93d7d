"""Variant blocks: parts of a page for private or business customers, for beginners or experts, or
in one form of address.

In the page a block is `<div class="variant business">` that begins with its label; forms of address
have none. Readers get what fits them by the page's style sheet, so the page itself holds all.
"""

import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.front_matter import Place
from indexer.parsed import Finding
from indexer.source import place_of
from indexer.wording import word
from kb.documents import Variant
from kb.problems import Severity
from kb.variants import ADDRESSES, CHOICES, NAMES

VARIANT, LABEL = "variant", "variant-label"  # classes

_OPENING = re.compile(
    rf"^[ \t>]*(?:!!!|\?\?\?\+?|:{{3,}}|\[!)[ \t]*({'|'.join(NAMES)})\b",
    re.IGNORECASE | re.MULTILINE,
)
_HEADINGS = "h2, h3, h4, h5, h6"
# Their text is one piece for search, of which no part can be for some readers only.
_WHOLE = frozenset({"li", "td", "th", "dd", "dt"})


def is_variant(name: str) -> bool:
    return name in NAMES


def default_title(kind: str, locale: str) -> str:
    """What stands above a call-out without a title of its own; "" above a form of address."""
    return "" if kind in ADDRESSES else word(kind, locale)


def mark_variant(element: etree.Element, name: str) -> None:
    """Make a rendered call-out, whose title is its first child, a variant block."""
    element.tag = "div"
    element.attrib.clear()
    element.set("class", f"{VARIANT} {name}")
    first = next(iter(element), None)
    if first is not None and first.get("class") == "admonition-title":
        first.tag = "p"
        first.set("class", LABEL)


def variants_of(node: LexborNode) -> tuple[Variant, ...]:
    """What a `<div>` of the sanitised page is for; nothing when it is no variant block."""
    classes = (node.attrs.get("class") or "").split()
    if VARIANT not in classes:
        return ()
    label = node.first_child
    while label is not None and label.is_text_node:
        label = label.next
    text = " ".join(label.text().split()) if label is not None and is_label(label) else ""
    return tuple(Variant(name, text) for name in classes if is_variant(name))


def is_label(node: LexborNode) -> bool:
    return node.attrs.get("class") == LABEL


def check_variants(html: str, source: str, first_line: int) -> Iterator[Finding]:
    """Warnings for blocks that some reader would miss.

    `html` is the sanitised page; `source` the Markdown without its code, which begins at this line
    of the file.
    """
    if f'class="{VARIANT} ' not in html:
        return
    places = {name: _openings(source, name, first_line) for name in NAMES}
    for node in LexborHTMLParser(f"<body>{html}</body>").css(f"div.{VARIANT}"):
        for variant in variants_of(node):
            place = next(places[variant.name], (first_line, 1))
            for code, message in _remarks(node, variant.name):
                yield Finding(*place, code, message, Severity.WARNING)


def _openings(source: str, name: str, first_line: int) -> Iterator[Place]:
    """Where the blocks of a name begin, in order."""
    for match in _OPENING.finditer(source):
        if match[1].lower() == name:
            line, _ = place_of(source, match.start(1))
            column = len(match[0]) - len(match[0].lstrip(" \t")) + 1
            yield line + first_line - 1, column


def _remarks(node: LexborNode, name: str) -> Iterator[tuple[str, str]]:
    """Code and message of everything that is wrong with a block."""
    above = list(_ancestors(node))
    outer = {variant.name for other in above for variant in variants_of(other)}
    if any(name in names and outer & (names - {name}) for names in CHOICES):
        yield "contradicting-variant", f"`{name}` stands in its opposite: no reader sees both."
    if any(other.tag in _WHOLE for other in above):
        message = f"`{name}` stands within a list or table, where search cannot find it; "
        yield "variant-in-list", message + "put it between two lists."
    if name in ADDRESSES and not _is_paired(node):
        message = f"`{name}` has no counterpart beside it, so other readers miss this text; "
        yield "lone-address", message + "write both blocks one after the other."
    if name in ADDRESSES and node.css_first(_HEADINGS) is not None:
        message = f"Readers of the other form lose this heading of `{name}`; put it above."
        yield "address-heading", message


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag != "body":
        yield parent
        parent = parent.parent


def _is_paired(node: LexborNode) -> bool:
    """Whether a block in one form of address has its counterpart, counted from where they begin."""
    first, before = node, _beside(node, forward=False)
    while before is not None and _address(before):
        first, before = before, _beside(before, forward=False)
    current: LexborNode | None = first
    while current is not None:
        partner = _beside(current, forward=True)
        is_pair = partner is not None and {_address(current), _address(partner)} == set(ADDRESSES)
        pair = [current, partner] if partner is not None and is_pair else [current]
        if any(one.mem_id == node.mem_id for one in pair):
            return is_pair
        current = _beside(pair[-1], forward=True)
    return False


def _address(node: LexborNode) -> str:
    names = (variant.name for variant in variants_of(node))
    return next((name for name in names if name in ADDRESSES), "")


def _beside(node: LexborNode, *, forward: bool) -> LexborNode | None:
    """The next element beside a node; None where there is none, or text stands between."""
    other = node.next if forward else node.prev
    while other is not None and other.is_text_node and not (other.text_content or "").strip():
        other = other.next if forward else other.prev
    return None if other is None or other.is_text_node else other
