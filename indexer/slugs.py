"""Words for addresses: file names and headings become slugs and anchors."""

import hashlib
import re
import unicodedata

MAX_SLUG = 120  # characters; `kb.site.Slug` allows as many

PLAIN = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

# Letters that readers of the language write with two letters, and that NFKD would drop or cut.
_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "ł": "l"}
)
_MARKS = re.compile(r"[\u0300-\u036f]")
_NOT_PLAIN = re.compile(r"[^a-z0-9_]+")
_APOSTROPHE = re.compile("['’‘`´]")
_NOT_WORD = re.compile(r"[^\w]+")


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))


def slugify(name: str) -> str:
    """An ASCII slug for any name; one made of its hash when no letter or digit is left."""
    slug = _NOT_PLAIN.sub("-", _folded(name))
    slug = re.sub(r"[-_]*-[-_]*|__+", lambda m: "-" if "-" in m[0] else "_", slug)
    slug = slug[:MAX_SLUG].strip("-_")
    return slug or f"page-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def is_plain(name: str) -> bool:
    return len(name) <= MAX_SLUG and PLAIN.fullmatch(name) is not None


def anchor_of(heading: str) -> str:
    """The anchor a heading gets: lower case, hyphens, ä as ae; letters of other scripts stay."""
    return (
        _NOT_WORD.sub("-", _APOSTROPHE.sub("", _folded(heading)))
        .strip("-_")[:MAX_SLUG]
        .rstrip("-_")
        or "section"
    )


def unique(name: str, taken: set[str]) -> str:
    """`name`, with -1, -2 … behind it when it is taken; the result is taken from then on."""
    result, number = name, 0
    while result in taken:
        number += 1
        result = f"{name}-{number}"
    taken.add(result)
    return result
