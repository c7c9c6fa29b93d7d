"""Variants of a text: what is written for some customers only, or in one form of address.

Editors name them with the words of `kb.context`; a context says which of them its customer reads.
"""

from collections.abc import Iterable

from kb.context import Address, Context, Customer, Experience

AUDIENCES = (*Customer, *Experience)
ADDRESSES = tuple(Address)
NAMES: tuple[str, ...] = (*AUDIENCES, *ADDRESSES)
# Names of which a text can have only one: what is for both is for everybody.
CHOICES: tuple[frozenset[str], ...] = tuple(map(frozenset, (Customer, Experience, Address)))


def known_audiences(names: Iterable[str]) -> tuple[str, ...]:
    """Those of an article's audiences that a customer can choose."""
    return tuple(name for name in names if name in AUDIENCES)


def audiences_of(context: Context) -> frozenset[str]:
    """The audiences that a customer belongs to."""
    return frozenset(filter(None, (context.customer, context.experience)))


def other_audiences(context: Context) -> frozenset[str]:
    """The audiences that a customer does not belong to; none where nothing is known."""
    own = audiences_of(context)
    return frozenset(name for names in CHOICES if names & own for name in names - own)


def other_address(address: Address) -> Address:
    return Address.SIE if address is Address.DU else Address.DU
