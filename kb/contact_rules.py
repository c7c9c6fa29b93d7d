"""What a contact must hold before it is taken: the same on every channel."""

from dataclasses import dataclass
from enum import StrEnum

from kb.cases import Contact
from kb.emails import LONGEST as LONGEST_EMAIL
from kb.emails import has_foreign_local_part, is_email
from kb.text import one_line, storable

# What a form offers room for, in characters.
LONGEST = {
    "message": 5000,
    "email": LONGEST_EMAIL,
    "name": 100,
    "product": 120,
    "order_number": 40,
}


class Fault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NO_ADDRESS = "no_address"  # not a complete e-mail address
    FOREIGN = "foreign"  # an address with letters before the @ that many mail servers do not take


@dataclass(frozen=True, slots=True)
class FieldFault:
    field: str
    fault: Fault


def clean_contact(contact: Contact) -> Contact:
    """The same without what cannot be seen or stored; only the message may have several lines."""
    return Contact(
        message=clean_message(contact.message),
        email=one_line(contact.email),
        name=one_line(contact.name),
        product=one_line(contact.product),
        order_number=one_line(contact.order_number),
    )


def clean_message(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(storable(line).rstrip() for line in lines).strip()


def faults(contact: Contact) -> list[FieldFault]:
    """Everything wrong with a cleaned contact, in the order of the form's fields."""
    found = [
        FieldFault(field, Fault.TOO_LONG)
        for field, limit in LONGEST.items()
        if len(getattr(contact, field)) > limit
    ]
    long = {one.field for one in found}
    if not contact.message:
        found.append(FieldFault("message", Fault.MISSING))
    if not contact.email:
        found.append(FieldFault("email", Fault.MISSING))
    elif has_foreign_local_part(contact.email):
        found.append(FieldFault("email", Fault.FOREIGN))
    elif "email" not in long and not is_email(contact.email):
        found.append(FieldFault("email", Fault.NO_ADDRESS))
    order = list(LONGEST)
    return sorted(found, key=lambda one: order.index(one.field))
