"""Links between files made addresses of the site, once all files are known. Cheap: text only."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

from indexer.media import Media
from indexer.parsed import Finding, Parsed, Target
from indexer.sanitise import IMAGE, LINK
from indexer.tidy import find_anchor
from kb.documents import Document
from kb.problems import Severity

_HREF = re.compile(rf' href="{LINK}([0-9]+)"')
_IMG = re.compile(rf'<img((?: [a-z-]+="[^"]*")*?) src="{IMAGE}([0-9]+)"((?: [a-z-]+="[^"]*")*)>')
_EMPTY = re.compile(r"<p>\s*</p>\n?")
_OUTSIDE = "points outside the content folder"


@dataclass(frozen=True, slots=True)
class Place:
    """A file that a link may lead to."""

    document: Document | None  # None: the file is there, but it is not public
    anchors: frozenset[str]


class Resolver:
    """Knows where every file of the content folder went."""

    def __init__(self, places: Mapping[str, Place], media: Media, locales: frozenset[str]) -> None:
        self._places = places
        self._media = media
        self._locales = locales
        self._by_address = {
            address: place
            for place in places.values()
            if place.document
            for address in (place.document.url, *place.document.redirect_from)
        }

    def page(self, path: str, parsed: Parsed) -> tuple[str, str, list[Finding]]:
        """HTML and Markdown of a file with real addresses, and what leads nowhere."""
        if "lotse:" not in parsed.html:
            return parsed.html, parsed.markdown, []
        findings: list[Finding] = []
        links = [self._link(path, target, findings) for target in parsed.links]
        images = [self._image(path, target, findings) for target in parsed.images]
        html = _HREF.sub(lambda m: _href(_at(links, m[1])), parsed.html)
        html = _IMG.sub(lambda m: self._img(m, _at(images, m[2])), html)
        html = _EMPTY.sub("", html)
        addresses = {target.address: a for target, a in zip(parsed.links, links, strict=True)}
        for target, file in zip(parsed.images, images, strict=True):
            addresses[target.address] = self._media.address(file) if file else ""
        return html, _readdressed(parsed.markdown, addresses), findings

    def _link(self, path: str, target: Target, findings: list[Finding]) -> str:
        """The address a link leads to; "" with a finding when it leads nowhere."""
        written, _, anchor = target.address.partition("#")
        written = unquote(written.partition("?")[0])
        if written.startswith("/"):
            return self._rooted(written, anchor, target, findings)
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
        if goal.startswith(".."):
            _warn(findings, target, "broken-link", f"{_OUTSIDE}")
            return ""
        for candidate in (goal, f"{goal}.md", f"{goal}/index.md"):
            if candidate in self._places:
                return self._anchored(self._places[candidate], anchor, target, findings)
        if goal in self._media and (address := self._media.address(goal)):
            return address
        parts = goal.split("/")
        folder = len(parts) == 3 and "." not in parts[2]
        if folder and parts[0] in self._locales and parts[1] == "articles":
            return f"/{parts[0]}/{parts[2]}/"
        return self._broken(findings, target)

    def _broken(self, findings: list[Finding], target: Target) -> str:
        _warn(findings, target, "broken-link", "leads to no file")
        return ""

    def _rooted(self, path: str, anchor: str, target: Target, findings: list[Finding]) -> str:
        """An address of the site itself, such as /de/articles/akku-lagern or /de/contact."""
        clean = path.rstrip("/") or "/"
        if clean in self._by_address:
            return self._anchored(self._by_address[clean], anchor, target, findings)
        parts = clean.strip("/").split("/")
        if clean == "/" or len(parts) <= 2 and parts[0] in self._locales:
            return path + (f"#{anchor}" if anchor else "")
        _warn(findings, target, "broken-link", "is no address of this help center")
        return ""

    def _anchored(self, place: Place, anchor: str, target: Target, findings: list[Finding]) -> str:
        if place.document is None:
            _warn(findings, target, "link-to-unpublished", "leads to a file that is not published")
            return ""
        if not anchor:
            return place.document.url
        known = find_anchor(anchor, place.anchors)
        if not known:
            _warn(findings, target, "missing-anchor", "names a heading the page does not have")
            return place.document.url
        return f"{place.document.url}#{known}"

    def _image(self, path: str, target: Target, findings: list[Finding]) -> str:
        """The media file an image shows; "" with a finding when there is none."""
        written = unquote(target.address.partition("?")[0].partition("#")[0])
        base = "" if written.startswith("/") else posixpath.dirname(path)
        goal = posixpath.normpath(posixpath.join(base, written.lstrip("/")))
        if goal.startswith(".."):
            _warn(findings, target, "missing-image", _OUTSIDE, "image")
            return ""
        if goal not in self._media:
            _warn(findings, target, "missing-image", "is not in the content folder", "image")
            return ""
        return goal if self._media.address(goal) else ""

    def _img(self, match: re.Match[str], file: str) -> str:
        if not file:
            return ""
        before, after = match[1], match[3]
        size = self._media.size(file)
        if size and " width=" not in before + after and " height=" not in before + after:
            after += f' width="{size[0]}" height="{size[1]}"'
        return f'<img{before} src="{escape(self._media.address(file))}"{after}>'

    def product_image(self, path: str, written: str) -> str:
        """Address of an image named in the front matter; "" when there is none."""
        for base in (posixpath.dirname(path), "", "media"):
            goal = posixpath.normpath(posixpath.join(base, written.lstrip("/")))
            if goal in self._media:
                return self._media.address(goal)
        return ""


def _at(addresses: list[str], number: str) -> str:
    """A stand-in that no target belongs to is a forgery; it leads nowhere."""
    return addresses[int(number)] if len(number) < 7 and int(number) < len(addresses) else ""


def _href(address: str) -> str:
    return f' href="{escape(address)}"' if address else ""


# Possessive and bounded: this runs in the parent, where nothing stops a slow search.
_LINK = re.compile(r"(!?)\[([^\[\]\n]*+)\]\([ \t]*+<?([^)\s>]{1,2000}+)(>?[^)\n]{0,500}+)\)")
_LINK_END = re.compile(r"(\]\([ \t]*+<?)([^)\s>]{1,2000}+)")
_DEFINITION = re.compile(r"^( {0,3}\[[^\]\n]+\]:[ \t]*<?)([^\s>]+)([^\n]*\n?)", re.MULTILINE)


def _readdressed(markdown: str, addresses: Mapping[str, str]) -> str:
    """The Markdown with the same addresses as the page; what leads nowhere keeps its words only."""

    def link(match: re.Match[str]) -> str:
        mark, text, written, rest = match.groups()
        if written not in addresses:
            return match[0]
        if not addresses[written]:
            return "" if mark else text
        return f"{mark}[{text}]({addresses[written]}{rest.removeprefix('>')})"

    def end(match: re.Match[str]) -> str:
        return match[1] + (addresses.get(match[2]) or match[2])

    def definition(match: re.Match[str]) -> str:
        address = addresses.get(match[2], match[2])
        return f"{match[1]}{address}{match[3]}" if address else ""

    markdown = _LINK.sub(link, markdown)
    if ")](" in markdown:  # a link around a picture
        markdown = _LINK_END.sub(end, markdown)
    return _DEFINITION.sub(definition, markdown) if "]:" in markdown else markdown


def _warn(
    findings: list[Finding], target: Target, code: str, what: str, thing: str = "link"
) -> None:
    shown = target.address if len(target.address) <= 80 else f"{target.address[:77]}…"
    message = f"The {thing} {shown} {what}."
    findings.append(Finding(target.line, target.column, code, message, Severity.WARNING))
