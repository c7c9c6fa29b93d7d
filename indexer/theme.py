"""The site's own look: its palette, fonts and theme folder as one style sheet, and its logo."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from indexer.media import Media, danger
from indexer.source import THEME, digest_of, place_of
from kb.brand import Brand, FontFile
from kb.look import Look, Picture
from kb.palettes import (
    MODES,
    PALETTES,
    TEXT_CONTRAST,
    LowContrast,
    Mode,
    Tones,
    low_contrasts,
    source_of,
    toned,
)
from kb.problems import Problem
from kb.site import SITE_FILE, Site, place_in_site

STYLES = f"{THEME}/theme.css"
FONT_TYPES = frozenset({".woff2", ".woff"})
MAX_THEME_BYTES = 5 * 1024 * 1024  # of one file; every page needs them

_HASH = 12  # hexadecimal digits in the address
_SHEET = "site.css"
_GENERIC = frozenset({"serif", "sans-serif", "monospace", "system-ui", "ui-serif", "ui-sans-serif"})

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LOADED = re.compile(r"@import\b|url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^)\"']*))\s*\)", re.IGNORECASE)


@dataclass(slots=True)
class Theme:
    """What is published of it."""

    look: Look = field(default_factory=Look)
    files: dict[str, bytes] = field(default_factory=dict)  # by address below the root
    problems: list[Problem] = field(default_factory=list)


def make_theme(content: Path, site: Site, files: Mapping[str, Path], media: Media) -> Theme:
    """The look of `site`. `files` are those of the theme folder by their path below `content`."""
    return _Maker(content, site.brand, files, media).make()


class _Maker:
    def __init__(
        self, content: Path, brand: Brand, files: Mapping[str, Path], media: Media
    ) -> None:
        self._content = content
        self._brand = brand
        self._files = files
        self._media = media
        self._theme = Theme()

    def make(self) -> Theme:
        tones = {mode: self._tones(mode) for mode in MODES}
        parts = [_palette_css(tones) if self._has_own_colours() else "", *self._fonts()]
        parts.append(self._own_styles())
        sheet = "\n".join(part for part in parts if part)
        self._theme.look = Look(
            stylesheet=self._publish(sheet) if sheet else "",
            logo=self._picture("logo", self._brand.logo),
            logo_dark=self._picture("logo_dark", self._brand.logo_dark),
            favicon=(
                icon.address if (icon := self._picture("favicon", self._brand.favicon)) else ""
            ),
            grounds={mode: tones[mode]["ground"] for mode in MODES},
        )
        return self._theme

    def _has_own_colours(self) -> bool:
        default = Brand()
        return any(
            getattr(self._brand, name) != getattr(default, name) for name in ("palette", *MODES)
        )

    def _tones(self, mode: Mode) -> Tones:
        own = getattr(self._brand, mode).own
        tones = toned(PALETTES[self._brand.palette][mode], own)
        by_source: dict[str, list[LowContrast]] = {}
        for low in low_contrasts(tones):
            source = source_of(low.tone, own) or source_of(low.below, own)
            by_source.setdefault(source, []).append(low)
        for source, found in by_source.items():
            where = ("brand", mode, source) if source else ("brand", "palette")
            self._report(where, "low-contrast", _low_contrast(mode, tones, found))
        return tones

    def _report(self, location: tuple[str | int, ...], code: str, message: str) -> None:
        place = place_in_site(self._content, location)
        self._theme.problems.append(Problem(SITE_FILE, *place, code, message))

    def _picture(self, name: str, path: str) -> Picture | None:
        if not path:
            return None
        if path not in self._media:
            message = f"brand.{name}: there is no picture {path[:80]} in the content folder."
            self._report(("brand", name), "missing-file", message)
            return None
        address = self._media.address(path)
        width, height = self._media.size(path) or (0, 0)
        return Picture(address, width, height) if address else None

    def _fonts(self) -> Iterator[str]:
        fonts = self._brand.fonts
        for number, font in enumerate(fonts.files):
            if PurePosixPath(font.file).suffix in FONT_TYPES and font.file in self._files:
                yield _font_face(font)
                continue
            message = (
                f"brand.fonts: there is no font {font.file[:80]}; "
                f"put a .woff2 or .woff file into {THEME}/."
            )
            self._report(("brand", "fonts", "files", number, "file"), "missing-file", message)
        if fonts.text:
            yield f":root{{--font:{_stack(fonts.text)}}}"
        if fonts.headings:
            yield f"h1,h2,h3,h4{{font-family:{_stack(fonts.headings)}}}"

    def _own_styles(self) -> str:
        file = self._files.get(STYLES)
        if file is None:
            return ""
        try:
            styles = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            message = f"The style sheet cannot be read ({error})."
            self._theme.problems.append(Problem(STYLES, 1, 1, "unreadable", message))
            return ""
        self._theme.problems += _loads(styles, self._files)
        return styles

    def _publish(self, sheet: str) -> str:
        """Sheet and files below one hash, so that relative addresses in the sheet stay right."""
        files = dict(self._fit_files())
        hashed = [part for path, file in files.items() for part in (path.encode(), file)]
        root = f"/{THEME}/{digest_of(sheet.encode(), *hashed)[:_HASH]}"
        self._theme.files = {f"{root}/{_SHEET}": sheet.encode()}
        self._theme.files |= {f"{root}/{_below_theme(path)}": file for path, file in files.items()}
        return f"{root}/{_SHEET}"

    def _fit_files(self) -> Iterator[tuple[str, bytes]]:
        for path, file in self._files.items():
            if path == STYLES:
                continue
            if problem := _unfit(path, file):
                self._theme.problems.append(problem)
            else:
                yield path, file.read_bytes()


def _below_theme(path: str) -> str:
    return path.removeprefix(f"{THEME}/")


def _unfit(path: str, file: Path) -> Problem | None:
    """Why the file must not be published; None when it may."""
    try:
        if file.stat().st_size > MAX_THEME_BYTES:
            message = f"The file is larger than {MAX_THEME_BYTES:,} bytes; make it smaller."
            return Problem(path, 1, 1, "media-too-large", message)
        return danger(path, file)
    except OSError as error:
        message = f"The file cannot be read ({error.strerror})."
        return Problem(path, 1, 1, "unreadable", message)


def _low_contrast(mode: Mode, tones: Tones, found: list[LowContrast]) -> str:
    """One sentence about what one colour makes hard to read: the worst, and how many more."""
    worst = min(found, key=lambda low: low.contrast / low.needed)
    what = "text" if worst.needed == TEXT_CONTRAST else "a part to be seen"
    more = f"; so {len(found) - 1} more pairs with it" if len(found) > 1 else ""
    return (
        f"On {mode} screens `{worst.tone}` {tones[worst.tone]} on `{worst.below}` "
        f"{tones[worst.below]} has a contrast of {int(worst.contrast * 100) / 100}:1, "
        f"{what} needs {worst.needed}:1{more}."
    )


def _palette_css(tones: Mapping[Mode, Tones]) -> str:
    dark = f"@media (prefers-color-scheme:dark){{{_properties(tones['dark'])}}}"
    return f"{_properties(tones['light'])}\n{dark}"


def _properties(tones: Tones) -> str:
    lines = (f"--{name.replace('_', '-')}:{tone}" for name, tone in tones.items())
    return f":root{{{';'.join(lines)}}}"


def _font_face(font: FontFile) -> str:
    return (
        f'@font-face{{font-family:"{font.family}";src:url("{_below_theme(font.file)}");'
        f"font-weight:{font.weight};font-style:{font.style};font-display:swap}}"
    )


def _stack(families: Iterable[str]) -> str:
    return ",".join(name if name in _GENERIC else f'"{name}"' for name in families)


def _loads(styles: str, files: Mapping[str, Path]) -> Iterator[Problem]:
    """What the style sheet asks for and cannot get: the site's policy lets it load its own only."""
    plain = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), styles)
    for found in _LOADED.finditer(plain):
        address = next((group for group in found.groups() if group is not None), None)
        place = place_of(plain, found.start())
        if address is None or _leads_away(address.strip()):
            message = f"`{found[0][:60]}` loads from elsewhere; put the file into {THEME}/."
            yield Problem(STYLES, *place, "unsafe-theme", message)
        elif (path := unquote(urlsplit(address.strip()).path)) and _inside(path) not in files:
            message = f"There is no file {path[:80]} in {THEME}/."
            yield Problem(STYLES, *place, "missing-file", message)


def _leads_away(address: str) -> bool:
    return bool(re.match(r"[a-z][a-z0-9+.-]*:|[/\\]", address, re.IGNORECASE))


def _inside(path: str) -> str:
    return PurePosixPath(THEME, path).as_posix()
