"""What a visitor typed, made safe to search with."""

import unicodedata

from kb.errors import QueryTooLong


def clean_question(raw: str, limit: int) -> str:
    """One line without control characters and stray white space; "" when nothing is left.

    Raises QueryTooLong beyond `limit` characters.
    """
    if len(raw) > limit:
        raise QueryTooLong(len(raw), limit)
    visible = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in raw)
    return " ".join(visible.split())
