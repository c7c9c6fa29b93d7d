"""Which documents take part in a search, by which of its legs, and who asks."""

from dataclasses import dataclass
from enum import StrEnum

from kb.context import NO_CONTEXT, Context
from kb.documents import Kind


class Leg(StrEnum):
    """One of the two by itself, to measure what the other adds."""

    KEYWORD = "keyword"  # the vector is left out, as without an encoder
    DENSE = "dense"  # the words are left out, as when the index knows none of them


@dataclass(frozen=True, slots=True)
class Scope:
    """All documents by both legs, unless it says otherwise. Equal scopes find the same."""

    kind: Kind | None = None
    category: str | None = None
    leg: Leg | None = None
    context: Context = NO_CONTEXT


EVERYTHING = Scope()
