"""Bar charts as the geometry of an SVG: templates/admin/charts.html draws them.

Made on the server, without a script: everything a reader needs stands in the page, and so does the
table behind it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# In units of the picture; letters are 12 high, so that they can be read on a phone.
WIDTH, HEIGHT = 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 12, 28
_TICKS = 4  # at most, above zero
_LABELS = 6  # at most, below the bars
_FILLED = 0.72  # of the room that a bar has


@dataclass(frozen=True, slots=True)
class Bar:
    series: int
    x: float
    y: float
    width: float
    height: float
    label: str  # of its stack
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Label:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars, one stack for each label."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]  # across, with the value they stand for
    labels: tuple[Label, ...]  # below the bars
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    base: float = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(labels: Sequence[str], series: Sequence[Sequence[float]]) -> Chart:
    """Each series has one value a label, 0 or more; the first series stands at the bottom."""
    columns = list(zip(*series, strict=True))
    step, top = _scale(max((sum(column) for column in columns), default=0.0))
    room = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    height = HEIGHT - _TOP - _BOTTOM
    bars = []
    for place, (label, column) in enumerate(zip(labels, columns, strict=True)):
        below = 0.0
        for number, value in enumerate(column):
            if value:
                y = _TOP + height * (1 - (below + value) / top)
                x = _LEFT + room * (place + (1 - _FILLED) / 2)
                size = height * value / top
                sides = _px(x), _px(y), _px(room * _FILLED), _px(size)
                bars.append(Bar(number, *sides, label, value))
            below += value
    every = math.ceil(len(labels) / _LABELS) if labels else 1
    below_bars = [
        Label(_px(_LEFT + room * (place + 0.5)), label)
        for place, label in enumerate(labels)
        if place % every == 0
    ]
    count = round(top / step)
    lines = [
        Line(_px(_TOP + height * (1 - number / count)), number * step)
        for number in range(count + 1)
    ]
    return Chart(tuple(bars), tuple(lines), tuple(below_bars))


def _scale(most: float) -> tuple[float, float]:
    """Distance of the lines, and the highest: round numbers, at most _TICKS above zero."""
    if most <= 0:
        return 1.0, 1.0
    rough = most / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    return step, step * math.ceil(most / step - 1e-9)


def _px(value: float) -> float:
    return round(value, 1)
