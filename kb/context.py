"""What a customer chose to say of themselves. It orders results and picks variants of a text."""

from dataclasses import dataclass
from enum import StrEnum


class Customer(StrEnum):
    PRIVATE = "private"
    BUSINESS = "business"


class Experience(StrEnum):
    BEGINNER = "beginner"
    EXPERT = "expert"


class Address(StrEnum):
    """How a text speaks to its reader, in languages that have the choice."""

    DU = "du"
    SIE = "sie"


@dataclass(frozen=True, slots=True)
class Context:
    """All of it optional, nothing guessed; equal contexts get equal pages."""

    product: str = ""  # id of "my product"
    customer: Customer | None = None
    experience: Experience | None = None
    address: Address | None = None


NO_CONTEXT = Context()
