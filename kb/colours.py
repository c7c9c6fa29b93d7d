"""Colours as the web writes them, and how well one can be read on another."""

from typing import Annotated

from pydantic import AfterValidator, Field

WHITE, BLACK = "#ffffff", "#101010"


def _long(colour: str) -> str:
    """`#abc` as `#aabbcc`."""
    digits = colour[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


Colour = Annotated[str, Field(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"), AfterValidator(_long)]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours `#rrggbb`, from 1 (equal) to 21 (black on white).

    The contrast ratio of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), L1 the lighter luminance.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2: linear light of sRGB, weighted as eyes weigh it."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def mix(one: str, other: str, share: float) -> str:
    """`one` with this share, 0 to 1, of the other colour."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue
