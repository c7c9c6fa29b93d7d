"""The shipped palettes, each for light and dark screens, and what of them must be readable.

Style sheets know every colour as a custom property, `accent_soft` as `--accent-soft`. The first
palette is also written in web/static/site.css, which serves pages that have no theme; a test holds
the two together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from kb.colours import BLACK, WHITE, contrast, mix

PaletteName = Literal["lagoon", "clay", "iris"]
Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)
Tones = Mapping[str, str]  # `#rrggbb` by the colour's name

_LAGOON: dict[Mode, Tones] = {
    "light": {
        "accent": "#0f5c5c",
        "accent_strong": "#0a4646",
        "accent_soft": "#e6f1f0",
        "on_accent": "#ffffff",
        "ground": "#ffffff",
        "surface": "#f5f7f6",
        "raised": "#ffffff",
        "text": "#15201f",
        "quiet": "#55635f",
        "line": "#dde4e1",
        "line_strong": "#7c8b87",
        "mark": "#fdeeb3",
        "good": "#1d6b3a",
        "bad": "#9a3412",
        "note": "#0f5c5c",
        "note_soft": "#e9f3f2",
        "tip": "#1d6b3a",
        "tip_soft": "#eaf5ec",
        "warn": "#8a4b00",
        "warn_soft": "#fdf3e1",
        "danger": "#a32020",
        "danger_soft": "#fdecea",
    },
    "dark": {
        "accent": "#74cbc3",
        "accent_strong": "#a3e0da",
        "accent_soft": "#16302f",
        "on_accent": "#06201f",
        "ground": "#0e1414",
        "surface": "#141c1c",
        "raised": "#182121",
        "text": "#e7edeb",
        "quiet": "#a3b1ad",
        "line": "#283433",
        "line_strong": "#74837f",
        "mark": "#55470f",
        "good": "#7fd29b",
        "bad": "#f0a37f",
        "note": "#74cbc3",
        "note_soft": "#142827",
        "tip": "#7fd29b",
        "tip_soft": "#14271a",
        "warn": "#f0bd6a",
        "warn_soft": "#2b2212",
        "danger": "#f59a92",
        "danger_soft": "#301a18",
    },
}
# Warm, like brick and paper. Notes are blue: in the accent's red they would look like danger.
_CLAY: dict[Mode, Tones] = {
    "light": {
        **_LAGOON["light"],
        "accent": "#97391c",
        "accent_strong": "#732813",
        "accent_soft": "#faece4",
        "ground": "#fffdfb",
        "surface": "#f9f4ee",
        "text": "#261b15",
        "quiet": "#68584e",
        "line": "#eaded3",
        "line_strong": "#8f7d71",
        "bad": "#a32020",
        "note": "#2a5b7c",
        "note_soft": "#e8f1f7",
    },
    "dark": {
        **_LAGOON["dark"],
        "accent": "#f2a688",
        "accent_strong": "#f9c8b4",
        "accent_soft": "#38221a",
        "on_accent": "#2b1006",
        "ground": "#15100d",
        "surface": "#1d1612",
        "raised": "#231b16",
        "text": "#f1eae5",
        "quiet": "#beaea4",
        "line": "#382c25",
        "line_strong": "#8d7b70",
        "bad": "#f59a92",
        "note": "#8fc4e8",
        "note_soft": "#142530",
        "warn_soft": "#2e2210",
        "danger_soft": "#351a18",
    },
}
# Cool and quiet, between blue and violet.
_IRIS: dict[Mode, Tones] = {
    "light": {
        **_LAGOON["light"],
        "accent": "#4539a6",
        "accent_strong": "#302682",
        "accent_soft": "#edecfa",
        "surface": "#f6f6fb",
        "text": "#1a1926",
        "quiet": "#5b5a70",
        "line": "#e2e1ed",
        "line_strong": "#807e98",
        "note": "#4539a6",
        "note_soft": "#f0effb",
    },
    "dark": {
        **_LAGOON["dark"],
        "accent": "#b3abf8",
        "accent_strong": "#d0cbfc",
        "accent_soft": "#282546",
        "on_accent": "#15112f",
        "ground": "#0f0e17",
        "surface": "#161521",
        "raised": "#1b1a28",
        "text": "#ebeaf3",
        "quiet": "#afadc3",
        "line": "#2d2b3d",
        "line_strong": "#7f7d98",
        "note": "#b3abf8",
        "note_soft": "#1f1d37",
    },
}
PALETTES: Mapping[PaletteName, Mapping[Mode, Tones]] = {
    "lagoon": _LAGOON,
    "clay": _CLAY,
    "iris": _IRIS,
}
TONES = tuple(_LAGOON["light"])

_FOLLOWING_ACCENT = ("accent_strong", "accent_soft", "on_accent", "note", "note_soft")


def toned(palette: Tones, own: Tones) -> dict[str, str]:
    """The palette with the site's own colours; what belongs to the accent follows an own accent."""
    tones = {**palette, **own}
    if "accent" in own:
        soft = mix(tones["ground"], tones["accent"], 0.1)
        following = {
            "accent_strong": mix(tones["accent"], tones["text"], 0.3),
            "accent_soft": soft,
            "on_accent": max(WHITE, BLACK, key=lambda tone: contrast(tone, tones["accent"])),
            "note": tones["accent"],
            "note_soft": soft,
        }
        tones |= {name: tone for name, tone in following.items() if name not in own}
    return tones


def source_of(tone: str, own: Tones) -> str:
    """Which of the site's own colours a colour comes from; "" when it is the palette's."""
    if tone in own:
        return tone
    return "accent" if tone in _FOLLOWING_ACCENT and "accent" in own else ""


# WCAG 2.2, 1.4.3 (text; larger text would need less) and 1.4.11 (what must be seen to be used).
TEXT_CONTRAST = 4.5
PART_CONTRAST = 3.0

_CALLOUTS = ("note_soft", "tip_soft", "warn_soft", "danger_soft")
_PAGES = ("ground", "surface", "raised", "accent_soft")
# What the style sheets write on what.
_TEXT: Mapping[str, tuple[str, ...]] = {
    "text": (*_PAGES, "mark", *_CALLOUTS),
    "quiet": _PAGES,
    "accent": (*_PAGES, *_CALLOUTS),
    "accent_strong": (*_PAGES, *_CALLOUTS),
    "on_accent": ("accent", "accent_strong"),
    "note": ("note_soft",),
    "tip": ("tip_soft",),
    "warn": ("warn_soft",),
    "danger": ("danger_soft",),
}
_PARTS: Mapping[str, tuple[str, ...]] = {
    "line_strong": ("ground", "surface", "raised"),
    "good": ("ground", "raised"),
    "bad": ("ground", "raised"),
}


@dataclass(frozen=True, slots=True)
class LowContrast:
    """One colour that cannot be read, or seen, on another."""

    tone: str
    below: str  # the colour it stands on
    contrast: float
    needed: float


def low_contrasts(tones: Tones) -> Iterator[LowContrast]:
    """Every pair of the style sheets whose contrast is too low, the worst of a colour first."""
    for pairs, needed in ((_TEXT, TEXT_CONTRAST), (_PARTS, PART_CONTRAST)):
        for tone, grounds in pairs.items():
            ratios = sorted((contrast(tones[tone], tones[below]), below) for below in grounds)
            for ratio, below in ratios:
                if ratio < needed:
                    yield LowContrast(tone, below, ratio, needed)
