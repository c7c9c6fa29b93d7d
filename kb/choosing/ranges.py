"""A few sensible ranges made from the numbers that are really there."""

import math
from collections.abc import Sequence

MOST_CUTS = 4  # limits or, with one more range, answers that can be read at a glance
MOST_BANDS = 7  # people know their own value, so one more can be read
_NEAR = 8  # a cut may lie this fraction of all values beside an even split, to be a round number

Span = tuple[float, float]


def cuts(values: Sequence[float], *, below: bool) -> list[float]:
    """Round numbers that part the values about evenly, ascending; at most `MOST_CUTS`.

    A value equal to a cut belongs below it ("up to 20") or above it ("at least 20").
    """
    ordered = sorted(values)
    places = [n for n in range(1, len(ordered)) if ordered[n - 1] < ordered[n]]
    found: set[float] = set()
    for part in range(1, MOST_CUTS + 1):
        even = len(ordered) * part / (MOST_CUTS + 1)
        reach = max(len(ordered) / _NEAR, 0.5)
        near = [place for place in places if abs(place - even) <= reach]
        rounded = [(_round_between(ordered[n - 1], ordered[n], below=below), n) for n in near]
        if rounded:
            found.add(max(rounded, key=lambda r: (r[0][1], -abs(r[1] - even)))[0][0])
    return sorted(found)


def _round_between(low: float, high: float, *, below: bool) -> tuple[float, float]:
    """The roundest number that parts two values, and its step: 1, 2 or 5 times a power of ten."""
    power = math.floor(math.log10(max(abs(low), abs(high), high - low)))
    while True:
        for factor in (5, 2, 1):
            step = factor * 10.0**power
            number = math.ceil(low / step - 1e-9) if below else math.floor(high / step + 1e-9)
            value = round(number * step, max(0, -power))
            if low <= value < high if below else low < value <= high:
                return value, step
        power -= 1


def bands(spans: Sequence[Span]) -> list[Span]:
    """Neighbouring bands for a value of one's own, such as a height; at most `MOST_BANDS`.

    Bands begin and end where spans do, so that a span covers a band wholly or is no match for some
    who are in it. Where that makes too many, those two are joined that lose the spans the least
    width; a span loses its last band only if nothing else is left.
    """
    edges = sorted({edge for span in spans for edge in span})
    found = [b for b in zip(edges, edges[1:], strict=False) if any(covers(s, b) for s in spans)]
    while len(found) > MOST_BANDS:
        joints = [n for n in range(1, len(found)) if found[n - 1][1] == found[n][0]]
        if not joints:
            break
        best = min(joints, key=lambda n: _loss(spans, found, n))
        found[best - 1 : best + 1] = [(found[best - 1][0], found[best][1])]
    return found


def _loss(spans: Sequence[Span], found: Sequence[Span], joint: int) -> tuple[int, float]:
    """Spans left without any band, and the width that spans lose, when two bands are joined."""
    parts = found[joint - 1 : joint + 1]
    joined = (parts[0][0], parts[1][1])
    others = [*found[: joint - 1], *found[joint + 1 :]]
    losing = [(s, p) for s in spans if not covers(s, joined) for p in parts if covers(s, p)]
    stranded = sum(not any(covers(span, band) for band in others) for span, _ in losing)
    return stranded, sum(end - start for _, (start, end) in losing)


def covers(span: Span, band: Span) -> bool:
    """Whether everybody in the band is within the span."""
    return span[0] <= band[0] and band[1] <= span[1]
