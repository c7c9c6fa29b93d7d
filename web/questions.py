"""What a visitor typed, made safe to search with."""

from kb.errors import QueryTooLong
from kb.text import one_line


def clean_question(raw: str, limit: int) -> str:
    """One line without control characters and stray white space; "" when nothing is left.

    Raises QueryTooLong beyond `limit` characters.
    """
    if len(raw) > limit:
        raise QueryTooLong(len(raw), limit)
    return one_line(raw)
