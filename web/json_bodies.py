"""What programs send: one JSON object with known fields."""

import re
from collections.abc import Collection
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

# NUL and halves of characters: JSON can write both; PostgreSQL keeps no NUL, UTF-8 no halves.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def json_object(
    largest: int, texts: Collection[str], others: Collection[str] = ()
) -> dict[str, Any]:
    """The body of this request, at most `largest` bytes, its `texts` being text that can be kept.

    Raises BadRequest, naming what is wrong, for anything but an object of these fields.
    """
    request.max_content_length = largest
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadRequest("Send a JSON object with Content-Type application/json.")
    if unknown := sorted(given.keys() - {*texts, *others}):
        raise BadRequest(f"Unknown fields: {_NO_TEXT.sub(' ', ', '.join(unknown))}.")
    if wrong := sorted(name for name in texts if not isinstance(given.get(name, ""), str)):
        raise BadRequest(f"These fields must be text: {', '.join(wrong)}.")
    return given | {name: _NO_TEXT.sub(" ", given[name]) for name in texts if name in given}
