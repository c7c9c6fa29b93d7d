"""Rendered HTML made one page of the site: headings, anchors, links and images.

Works on HTML that is not safe yet; `sanitise` comes after. Targets inside the content folder become
numbered stand-ins, because one file alone cannot know the address of another.
"""

import html as escaping
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.parsed import Finding, Target
from indexer.sanitise import IMAGE, LINK
from indexer.slugs import anchor_of, unique
from indexer.source import place_of
from indexer.wording import word
from kb.problems import Severity

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_SPACE = re.compile(r"[\s\x00-\x1f]+")
_WEB = ("http", "https")
_FILE_NAME = re.compile(r"^[\w .-]+\.[A-Za-z]{3,4}$")

_PUNCTUATION = re.compile(r"[\W_]+")

EXTERNAL_REL = "noopener noreferrer external"


@dataclass
class Tidied:
    html: str
    heading: str  # the first heading, "" without one
    dropped: bool  # that heading was the title and is gone
    links: list[Target] = field(default_factory=list)
    images: list[Target] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def tidy(html: str, body: str, first_line: int, title: str, locale: str, taken: set[str]) -> Tidied:
    """One pass over the page.

    `body` is the Markdown it was made from and `first_line` its place in the file, for positions;
    `title` is the front matter's, "" to take the first heading; `taken` are ids in use elsewhere.
    """
    return _Tidy(html, body, first_line, locale).run(title, taken)


class _Tidy:
    def __init__(self, html: str, body: str, first_line: int, locale: str) -> None:
        self.page = LexborHTMLParser(f"<body>{html}</body>")
        self.root = self.page.body
        self.body, self.first_line, self.locale = body, first_line, locale
        self.result = Tidied("", "", False)
        self._seen: dict[str, int] = {}  # address -> offset of its last occurrence
        self._made: list[LexborHTMLParser] = []  # owners of inserted nodes; must outlive the page

    def run(self, title: str, taken: set[str]) -> Tidied:
        if self.root is None:
            return self.result
        self._checkboxes()
        self._named_anchors()
        lost = self._title(title)
        reserved = frozenset(taken)
        self._heading_ids(taken)
        self._images()
        self._links(reserved)
        for cell in self.root.css("thead th:not([scope])"):
            cell.attrs["scope"] = "col"
        inner = "".join(f'<a id="{escaping.escape(name)}"></a>' for name in lost)
        inner += self.root.inner_html or ""
        self.result.html = self._one_title(inner)
        return self.result

    def _one_title(self, html: str) -> str:
        """First-level headings made second-level: the page's only one is its title.

        A single headline above the text steps down alone; where several structure the text, all
        headings step down with them.
        """
        tops = self._all("h1")
        if not tops:
            return html
        lone = len(tops) == 1 and self._leads(tops[0])
        pattern = _H1 if lone else _H
        return pattern.sub(lambda m: f"<{m[1]}h{int(m[2]) + 1}", html)

    def warn(self, code: str, message: str, address: str) -> None:
        line, column = self._place(address)
        self.result.findings.append(Finding(line, column, code, message, Severity.WARNING))

    def _place(self, address: str) -> tuple[int, int]:
        """Where the next use of the address stands in the file."""
        start = self._seen.get(address, -1) + 1
        offset = self.body.find(address, start)
        if offset < 0:
            offset = max(self.body.find(escaping.escape(address)), 0)
        self._seen[address] = offset
        line, column = place_of(self.body, offset)
        return line + self.first_line - 1, column

    def _checkboxes(self) -> None:
        for box in self._all("input"):
            if (box.attrs.get("type") or "").lower() != "checkbox":
                box.decompose()
                continue
            state = "done" if "checked" in box.attrs else "open"
            box.attrs["aria-label"] = word(state, self.locale)

    def _named_anchors(self) -> None:
        """`<a name="x">` is how older pages name a place."""
        for anchor in self._all("a[name]"):
            name = anchor.attrs.get("name") or ""
            del anchor.attrs["name"]
            if name and "id" not in anchor.attrs:
                anchor.attrs["id"] = name

    def _title(self, title: str) -> list[str]:
        """Find the page's own heading; drop it where it leads the text and repeats the title.

        Returns the ids that went with it.
        """
        first = next(iter(self._all(_HEADINGS)), None)
        if first is None:
            return []
        self.result.heading = text = _folded(first)
        same = not title or anchor_of(text) == anchor_of(title)
        if not text or first.tag != "h1" or not same or not self._leads(first):
            return []
        names = [node.attrs.get("id") for node in (first, *first.css("a[id]"))]
        first.decompose()
        self.result.dropped = True
        return [name for name in names if name]

    def _leads(self, heading: LexborNode) -> bool:
        """Whether nothing visible stands above the heading."""
        if heading.parent != self.root:
            return False
        above = heading.prev
        while above is not None:
            if above.tag in ("hr", "img") or above.css_first("img") or _folded(above):
                return False
            above = above.prev
        return True

    def _heading_ids(self, taken: set[str]) -> None:
        headings = set()
        for heading in self._all(_HEADINGS):
            if not _folded(heading) and heading.css_first("img") is None:
                heading.decompose()
                continue
            given = heading.attrs.get("id") or self._inner_anchor(heading)
            name = given if given and not _SPACE.search(given) else anchor_of(_folded(heading))
            heading.attrs["id"] = unique(name, taken)
            headings.add(heading.mem_id)
        for node in self._all("[id]"):
            name = node.attrs.get("id") or ""
            if node.mem_id not in headings and (name in taken or _SPACE.search(name) or not name):
                del node.attrs["id"]
            taken.add(name)

    def _inner_anchor(self, heading: LexborNode) -> str:
        """The id of an empty anchor inside the heading, which the heading takes over."""
        anchor = heading.css_first("a[id]")
        if anchor is None or _folded(anchor) or anchor.attrs.get("href"):
            return ""
        name = anchor.attrs.get("id") or ""
        anchor.decompose()
        return name

    def _images(self) -> None:
        for image in self._all("img"):
            address = _SPACE.sub(" ", image.attrs.get("src") or "").strip()
            if not address:
                image.decompose()
            elif address.startswith("//") or _SCHEME.match(address) or "\\" in address:
                self._external_image(image, address)
            else:
                self._own_image(image, address)

    def _own_image(self, image: LexborNode, address: str) -> None:
        place = self._place(address)
        if not (image.attrs.get("alt") or "").strip():
            message = f"The image {address} has no description; write it in the square brackets."
            finding = Finding(*place, "missing-alt", message, Severity.WARNING)
            self.result.findings.append(finding)
            image.attrs["alt"] = ""
        image.attrs["src"] = f"{IMAGE}{len(self.result.images)}"
        image.attrs["loading"] = "lazy"
        for name in ("width", "height"):
            if name in image.attrs and not re.fullmatch(r"\d{1,5}", image.attrs[name] or ""):
                del image.attrs[name]
        self.result.images.append(Target(address, *place))

    def _external_image(self, image: LexborNode, address: str) -> None:
        """No page loads anything from elsewhere: a link stands in for the image."""
        alt = (image.attrs.get("alt") or "").strip()
        web = _split(address)
        inside_link = _has_ancestor(image, "a")
        if web is None or web.scheme not in _WEB:
            self.warn("external-image", f"The image {_short(address)} was dropped.", address)
            image.decompose()
            return
        message = f"The image {_short(address)} lies elsewhere; put it into content/media."
        self.warn("external-image", message, address)
        text = alt if alt and not _FILE_NAME.match(alt) else word("image", self.locale)
        if inside_link:
            image.replace_with(text)
        else:
            made = f'<a href="{escaping.escape(address)}">{escaping.escape(text)}</a>'
            image.replace_with(self._make(made))

    def _make(self, html: str) -> LexborNode:
        parser = LexborHTMLParser(f"<body>{html}</body>")
        self._made.append(parser)
        body = parser.body
        assert body is not None and body.first_child is not None
        return body.first_child

    def _links(self, reserved: frozenset[str]) -> None:
        ids = {node.attrs.get("id") or "" for node in self._all("[id]")} | reserved
        for link in self._all("a[href]"):
            address = (link.attrs.get("href") or "").strip()
            self._link(link, address, ids)

    def _link(self, link: LexborNode, address: str, ids: set[str]) -> None:
        _drop(link, "rel")
        if address.startswith("#"):
            self._own_anchor(link, address, ids)
        elif address.startswith("//") or _SCHEME.match(address) or "\\" in address:
            self._absolute(link, address)
        elif address:
            target = Target(address, *self._place(address))
            link.attrs["href"] = f"{LINK}{len(self.result.links)}"
            self.result.links.append(target)
        else:
            _drop(link, "href")

    def _own_anchor(self, link: LexborNode, address: str, ids: set[str]) -> None:
        known = find_anchor(address[1:], ids)
        if known:
            link.attrs["href"] = f"#{known}"
        elif address not in ("#", "#top"):
            message = f"No heading of this page has the anchor {_short(address)}."
            self.warn("missing-anchor", message, address)
            _drop(link, "href")

    def _absolute(self, link: LexborNode, address: str) -> None:
        address = f"https:{address}" if address.startswith("//") else address
        web = _split(address)
        if web is None or web.scheme not in (*_WEB, "mailto", "tel"):
            message = f"The link {_short(address)} was removed; use https, mailto or tel."
            self.warn("unsafe-link", message, address)
            _drop(link, "href")
            return
        link.attrs["href"] = address
        if web.scheme in _WEB:
            link.attrs["rel"] = EXTERNAL_REL

    def _all(self, selector: str) -> list[LexborNode]:
        return self.root.css(selector) if self.root is not None else []


def find_anchor(written: str, known: Collection[str]) -> str:
    """The anchor a link means, "" for none: as written, or as another tool would have spelled it.

    Tools differ in what they do with punctuation (`version-23-1` or `version-231`).
    """
    plain = unquote(written)
    for name in (written, plain, anchor_of(plain)):
        if name in known:
            return name
    bare = _PUNCTUATION.sub("", anchor_of(plain))
    return next((name for name in known if _PUNCTUATION.sub("", name) == bare), "") if bare else ""


def _split(address: str) -> SplitResult | None:
    """The parts of an absolute address; None for one that browsers and we may read differently."""
    if "\\" in address or _SPACE.search(address):
        return None
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _drop(node: LexborNode, name: str) -> None:
    """Remove an attribute if it is there: `[href]` also matches SVG's xlink:href."""
    if name in node.attrs:
        del node.attrs[name]


_H = re.compile(r"<(/?)h([1-5])(?=[ >])")
_H1 = re.compile(r"<(/?)h(1)(?=[ >])")


def _has_ancestor(node: LexborNode, tag: str) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == tag:
            return True
        parent = parent.parent
    return False


def _folded(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _short(address: str) -> str:
    return address if len(address) <= 80 else f"{address[:77]}…"
