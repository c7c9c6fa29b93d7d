"""Pictures and other files that pages show: their addresses, sizes and dangers."""

import re
import struct
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from indexer.slugs import slugify
from indexer.source import MAX_MEDIA_BYTES
from kb.files import sha256_of
from kb.problems import Problem

# Hexadecimal digits in the address: a new file gets a new address, so browsers may keep it.
_HASH = 12
_SVG_DANGER = re.compile(
    rb"<script|<foreignObject|<iframe|<embed|<object|\bon[a-z]+\s*=|javascript:|<!ENTITY"
    rb"|(?:href|src)\s*=\s*[\"']\s*(?:https?:)?//|@import|url\(\s*[\"']?\s*(?:https?:)?//|\x00",
    re.IGNORECASE,
)
_SVG_TAG = re.compile(rb"<svg\b[^>]*>", re.IGNORECASE)
_VIEW_BOX = re.compile(rb"viewBox\s*=\s*[\"']\s*[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)")
_SVG_SIDE = rb"\s%s\s*=\s*[\"']\s*([\d.]+)(?:px)?\s*[\"']"


class Media:
    """The files below the content folder that a page may show. Only what is used is published."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._addresses: dict[str, str] = {}
        self._sizes: dict[str, tuple[int, int] | None] = {}
        self.published: dict[str, Path] = {}
        self.problems: list[Problem] = []

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def address(self, path: str) -> str:
        """Address of the file below the root, "" when it must not be published."""
        if path not in self._addresses:
            self._addresses[path] = self._publish(path)
        return self._addresses[path]

    def _publish(self, path: str) -> str:
        file, name = self._files[path], PurePosixPath(path)
        try:
            problem = danger(path, file)
            content = sha256_of(file)[:_HASH]
            self._sizes[path] = _size_of(file)
        except OSError as error:
            message = f"The file cannot be read ({error.strerror})."
            problem = Problem(path, 1, 1, "unreadable", message)
        if problem:
            self.problems.append(problem)
            return ""
        address = f"/media/{content}/{slugify(name.stem)}{name.suffix.lower()}"
        self.published[address] = file
        return address

    def size(self, path: str) -> tuple[int, int] | None:
        """Width and height in pixels of a published picture, where they are cheap to know."""
        return self._sizes.get(path)


def _size_of(file: Path) -> tuple[int, int] | None:
    with file.open("rb") as stream:
        return image_size(stream.read(64 * 1024))


def danger(path: str, file: Path) -> Problem | None:
    """Why a file must not be published; None when it may. Raises OSError."""
    if file.stat().st_size > MAX_MEDIA_BYTES:
        message = f"The file is larger than {MAX_MEDIA_BYTES:,} bytes; make it smaller."
        return Problem(path, 1, 1, "media-too-large", message)
    if path.lower().endswith(".svg") and (found := _SVG_DANGER.search(file.read_bytes())):
        line = file.read_bytes().count(b"\n", 0, found.start()) + 1
        what = found[0].decode(errors="replace").strip()
        message = f"The drawing holds `{what}`; save it as plain SVG without scripts and links."
        return Problem(path, line, 1, "unsafe-media", message)
    return None


def image_size(head: bytes) -> tuple[int, int] | None:
    """Width and height from the first bytes of an SVG, PNG, GIF, WebP or JPEG file."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    if head[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", head[6:10])
        return width, height
    if head[:4] == b"RIFF" and head[12:16] == b"VP8X":
        width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (24, 27))
        return width, height
    if head.startswith(b"\xff\xd8"):
        return _jpeg_size(head)
    if tag := _SVG_TAG.search(head):
        return _svg_size(tag[0])
    return None


def _svg_size(tag: bytes) -> tuple[int, int] | None:
    sides = [re.search(_SVG_SIDE % name, tag) for name in (b"width", b"height")]
    if sides[0] and sides[1]:
        return round(float(sides[0][1])), round(float(sides[1][1]))
    if box := _VIEW_BOX.search(tag):
        return round(float(box[1])), round(float(box[2]))
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """From the first frame header; None when it lies beyond the bytes given."""
    position = 2
    while position + 9 < len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(head[position + 2 : position + 4], "big")
    return None
