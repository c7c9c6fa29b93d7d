"""Personal data in what visitors type, made unreadable before anything is written."""

import re

# Order matters: an IBAN holds what looks like a phone number.
_PATTERNS = (
    ("e-mail", re.compile(r"[\w.+%-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}")),
    (
        "iban",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", re.IGNORECASE),
    ),
    ("phone", re.compile(r"(?<![\w.])(?:\+|00|0)[1-9](?:[ /().-]{0,2}\d){6,13}(?!\w)")),
    ("number", re.compile(r"(?<![\w.,])[A-Za-z]{0,4}[-/]?\d(?:[ -]?\d){5,}(?![\w])")),
)


def masked(text: str) -> str:
    """The text with e-mail addresses, IBANs, phone numbers and numbers of six or more digits
    replaced by what they were: `[e-mail]`, `[iban]`, `[phone]`, `[number]`."""
    for name, pattern in _PATTERNS:
        text = pattern.sub(f"[{name}]", text)
    return text
