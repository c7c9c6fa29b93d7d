"""The content folder: which files are articles, products and media, and what their bytes say."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from indexer.parsed import Finding
from indexer.slugs import is_plain, slugify
from kb.documents import Kind
from kb.problems import Problem, Severity
from kb.site import Site

MAX_BYTES = 2 * 1024 * 1024  # an article of 2 MB is 1,000 pages: a mistake or an attack
MAX_MEDIA_BYTES = 50 * 1024 * 1024

MEDIA_TYPES = frozenset(
    {".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".pdf", ".mp4", ".webm"}
)
THEME = "theme"  # the folder of the site's own style sheet, with its fonts and pictures
THEME_TYPES = frozenset(
    {".css", ".woff2", ".woff", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"}
)
ROOMS = {"articles": Kind.ARTICLE, "products": Kind.PRODUCT}
# Files for the people who work in the folder, not for its readers.
_NOT_CONTENT = frozenset({"readme.md", "toc.md", "contributing.md", "license.md", "changelog.md"})


@dataclass(frozen=True, slots=True)
class Source:
    """One Markdown file that claims to be an article or product."""

    path: str  # below the content folder, forward slashes
    file: Path
    kind: Kind
    locale: str
    folder: str  # first folder below articles/ or products/ as a slug; "" without one
    slug: str


@dataclass(slots=True)
class Sources:
    documents: list[Source] = field(default_factory=list)
    media: dict[str, Path] = field(default_factory=dict)  # path below content -> file
    theme: dict[str, Path] = field(default_factory=dict)  # of these and others, those in theme/
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: str, code: str, message: str, severity: Severity) -> None:
        self.problems.append(Problem(_printable(path), 1, 1, code, message, severity))


def find_sources(content: Path, site: Site) -> Sources:
    """Everything below `content` that is published or copied, in a stable order."""
    found = Sources()
    for path in _walk(content, content, found):
        name = path.name.lower()
        below = _below(content, path)
        if below.startswith(f"{THEME}/") and path.suffix.lower() in THEME_TYPES:
            found.theme[below] = path
        if path.suffix.lower() in MEDIA_TYPES:
            found.media[below] = path
        elif path.suffix.lower() in (".md", ".markdown") and name not in _NOT_CONTENT:
            _add_document(found, content, path, site)
    return found


def _below(content: Path, path: Path) -> str:
    return path.relative_to(content).as_posix()


def _walk(content: Path, folder: Path, found: Sources) -> Iterator[Path]:
    """Regular files; links are refused, hidden and underscored names are the editors' own."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        message = f"The folder cannot be read ({error.strerror})."
        found.report(_below(content, folder), "unreadable", message, Severity.ERROR)
        return
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        path = Path(entry.path)
        if entry.is_symlink():
            message = "Links to other places are not followed; put the file itself here."
            found.report(_below(content, path), "symlink", message, Severity.ERROR)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(content, path, found)
        elif entry.is_file(follow_symlinks=False):
            yield path


def _add_document(found: Sources, content: Path, path: Path, site: Site) -> None:
    relative = _below(content, path)
    parts = PurePosixPath(relative).parts
    if len(parts) < 3 or parts[1] not in ROOMS:
        message = "Not used: articles lie in <locale>/articles/, products in <locale>/products/."
        found.report(relative, "outside-rooms", message, Severity.WARNING)
        return
    if parts[0] not in site.locales:
        message = f"Not used: `{parts[0]}` is not among the locales in site.toml."
        found.report(relative, "unknown-locale", message, Severity.WARNING)
        return
    folders = parts[2:-1]
    slug = _slug_of(path.stem, folders)
    if not is_plain(path.stem):
        message = f"The file name is not a plain slug; the address ends in `{slug}`."
        found.report(relative, "file-name", message, Severity.WARNING)
    folder = slugify(folders[0]) if folders else ""
    source = Source(_printable(relative), path, ROOMS[parts[1]], parts[0], folder, slug)
    found.documents.append(source)


def _slug_of(stem: str, folders: tuple[str, ...]) -> str:
    """An index file stands for its folder."""
    return slugify(folders[-1] if stem.lower() == "index" and folders else stem)


def _printable(path: str) -> str:
    """A path that can be written anywhere: bytes that are not UTF-8 and controls are escaped."""
    path = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


def read_limited(source: Source) -> bytes | Finding:
    """The file's bytes, or why there are none."""
    try:
        size = source.file.stat().st_size
        if size > MAX_BYTES:
            message = f"The file has {size:,} bytes; at most {MAX_BYTES:,} are read. Split it."
            return Finding(1, 1, "file-too-large", message)
        return source.file.read_bytes()
    except OSError as error:
        return Finding(1, 1, "unreadable", f"The file cannot be read ({error.strerror}).")


_NUL = "The file holds a NUL byte; it is not text, or it is UTF-16 and must be saved as UTF-8."
_UTF16 = {b"\xff\xfe": "UTF-16LE", b"\xfe\xff": "UTF-16BE"}
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode(data: bytes) -> tuple[str, list[Finding]]:
    """Text with plain line ends, and findings; with an error among them the text is empty."""
    for mark, name in _UTF16.items():
        if data.startswith(mark):
            return "", [_encoding(1, 1, name, "The file is saved as UTF-16")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return "", [_not_utf8(data, error)]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        place = place_of(text, text.index("\0"))
        return "", [Finding(*place, "nul-byte", _NUL)]
    if not text.strip():
        return "", [Finding(1, 1, "empty-file", "The file is empty; write a title and a text.")]
    return _without_controls(text)


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> Finding:
    before = data[: error.start].decode("utf-8-sig")
    line, column = place_of(before, len(before))
    guess = "WINDOWS-1252"
    return _encoding(line, column, guess, f"Byte 0x{data[error.start]:02x} is not UTF-8")


def _encoding(line: int, column: int, guess: str, what: str) -> Finding:
    way_out = f"save it as UTF-8, for example with `iconv -f {guess} -t UTF-8`"
    return Finding(line, column, "encoding", f"{what}; {way_out}.")


def _without_controls(text: str) -> tuple[str, list[Finding]]:
    findings = []
    for pattern, code, what in (
        (_BIDI, "bidi-control", "Characters that reverse the reading direction were removed"),
        (_CONTROL, "control-character", "Control characters were removed"),
    ):
        if first := pattern.search(text):
            place = place_of(text, first.start())
            message = f"{what} (first: U+{ord(first[0]):04X})."
            findings.append(Finding(*place, code, message, Severity.WARNING))
            text = pattern.sub("", text)
    return text, findings


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset in the text."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1


def digest_of(*parts: bytes) -> str:
    """One hash over parts, each with its length, so that no two lists of parts meet."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()
