"""Audiences as bits of a number, so that all passages of a language are compared at once."""

from collections.abc import Iterable

from kb.variants import AUDIENCES

_BITS = {str(name): 1 << place for place, name in enumerate(AUDIENCES)}


def bits_of(names: Iterable[str]) -> int:
    """A number below 256; names that are no audience count nothing."""
    return sum(_BITS.get(name, 0) for name in set(names))


def names_in(bits: int) -> tuple[str, ...]:
    return tuple(name for name, bit in _BITS.items() if bits & bit)
