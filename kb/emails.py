"""E-mail addresses: which of them a reply reaches, and the one form in which they are kept."""

import re

import idna

from kb.errors import AddressError

LONGEST = 254  # characters, by RFC 5321
_LONGEST_LOCAL = 64

# What mail servers everywhere accept, which is less than RFC 5322 allows.
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII
)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


def is_email(text: str) -> bool:
    """Whether a reply can be sent there: an address of the usual form whose domain has a name."""
    local, _, domain = text.rpartition("@")
    if len(local) > _LONGEST_LOCAL or not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return False
    try:
        return len(f"{local}@{ascii_domain(domain)}") <= LONGEST
    except AddressError:
        return False


def has_foreign_local_part(text: str) -> bool:
    """Whether only the part before the @ keeps a text from being an address: it holds letters
    that need a mail server with SMTPUTF8, on every machine on the way."""
    local, _, domain = text.rpartition("@")
    return not local.isascii() and "@" not in local and is_email(f"local@{domain}")


def normal_email(text: str) -> str:
    """The form in which an address is kept and compared: lower case, its domain as in the DNS.

    For looking somebody up; what is no address is found nowhere and raises nothing.
    """
    local, at, domain = text.strip().lower().rpartition("@")
    try:
        return f"{local}{at}{ascii_domain(domain)}"
    except AddressError:
        return text.strip().lower()


def plain_email(text: str) -> str:
    """The same, of an address that mail can be sent to. Raises AddressError for any other text."""
    text = text.strip()
    if has_foreign_local_part(text):
        raise AddressError(
            f"{text[:80]!r} has letters before the @ that many mail servers do not take."
        )
    if not is_email(text):
        raise AddressError(f"{text[:80]!r} is no e-mail address.")
    return normal_email(text)


def readable_email(text: str) -> str:
    """An address as its owner writes it: the domain in its own letters."""
    local, at, domain = text.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else text
    except idna.IDNAError:
        return text


def ascii_domain(domain: str) -> str:
    """A domain as it stands in the DNS. Raises AddressError when it cannot stand there."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressError() from error
