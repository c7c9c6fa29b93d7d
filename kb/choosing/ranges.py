"""A few sensible ranges made from the numbers that are really there."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

MOST_CUTS = 4  # limits or, with one more range, answers that can be read at a glance
MOST_BANDS = 7  # people know their own value, so one more can be read
_NEAR = 8  # a cut may lie this fraction of all values beside an even split, to be a round number
_MOST_EDGES = 24  # of spans, that bands are made of; 2,000 products take .1 s with so many

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
    edges = _thinned(sorted({edge for span in spans for edge in span}))
    counts = Counter(_within(edges, span) for span in spans)
    found = [band for band in pairwise(edges) if any(covers(span, band) for span in counts)]
    while len(found) > MOST_BANDS:
        joints = [n for n in range(1, len(found)) if found[n - 1][1] == found[n][0]]
        if not joints:
            break
        best = min(joints, key=lambda n: _loss(counts, found, n))
        found[best - 1 : best + 1] = [(found[best - 1][0], found[best][1])]
    return found[:MOST_BANDS]


def _thinned(edges: Sequence[float]) -> list[float]:
    """Evenly chosen ones, the first and the last among them, where there are too many."""
    if len(edges) <= _MOST_EDGES:
        return list(edges)
    step = (len(edges) - 1) / (_MOST_EDGES - 1)
    return [edges[round(number * step)] for number in range(_MOST_EDGES)]


def _within(edges: Sequence[float], span: Span) -> Span:
    """What edges leave of a span: as much as bands between them can be covered by it."""
    first, last = bisect_left(edges, span[0]), bisect_right(edges, span[1]) - 1
    return (edges[min(first, len(edges) - 1)], edges[max(last, 0)])


def _loss(counts: Mapping[Span, int], found: Sequence[Span], joint: int) -> tuple[int, float]:
    """Spans left without any band, and the width that spans lose, when two bands are joined."""
    parts = found[joint - 1 : joint + 1]
    joined = (parts[0][0], parts[1][1])
    others = [*found[: joint - 1], *found[joint + 1 :]]
    losing = [(s, p) for s in counts if not covers(s, joined) for p in parts if covers(s, p)]
    stranded = sum(counts[s] for s, _ in losing if not any(covers(s, band) for band in others))
    return stranded, sum(counts[span] * (end - start) for span, (start, end) in losing)


def covers(span: Span, band: Span) -> bool:
    """Whether everybody in the band is within the span."""
    return span[0] <= band[0] and band[1] <= span[1]
