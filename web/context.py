"""The context a visitor chose, kept in one signed cookie of this site, and only after the choice.

Nothing of it is stored on the server.
"""

import logging
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from kb.context import NO_CONTEXT, Address, Context, Customer, Experience
from kb.errors import SettingsError
from kb.secret_key import secret_key
from kb.settings import Settings
from kb.site import Site

COOKIE = "kb_context"
KEPT = 365 * 24 * 3600  # seconds

_Choice = TypeVar("_Choice", bound=StrEnum)
_EXTENSION = "context_signer"
_log = logging.getLogger(__name__)


def remember_context(app: Flask, settings: Settings) -> None:
    """Let `page_context()` know what the visitor's cookie says."""
    app.secret_key = _key(settings)
    signer = URLSafeSerializer(app.secret_key, salt=COOKIE) if app.secret_key else None
    app.extensions[_EXTENSION] = signer

    @app.context_processor
    def offer() -> dict[str, Any]:
        return {
            "can_remember": can_remember(),
            "context": page_context(),
            "no_context": NO_CONTEXT,
        }


def page_context() -> Context:
    """What the visitor of this page chose to say."""
    if "context" not in g:
        g.context = _read(request.cookies.get(COOKIE, ""))
    chosen: Context = g.context
    return chosen


def variant_classes(context: Context, site: Site, locale: str) -> str:
    """Classes by which reading.css shows what fits the reader of a text in this locale."""
    address = context.address or site.address_in(locale)
    chosen = (context.customer, context.experience, address)
    return " ".join(f"for-{name}" for name in chosen if name)


def can_remember() -> bool:
    """Whether this server has a key to sign cookies with."""
    return _signer() is not None


def keep_context(response: Response, context: Context) -> None:
    """Let the visitor's browser keep this context; an empty one removes the cookie."""
    signer = _signer()
    if signer is None or context == NO_CONTEXT:
        response.delete_cookie(COOKIE, samesite="Lax", httponly=True)
        return
    response.set_cookie(
        COOKIE,
        signer.dumps(_plain(context)),
        max_age=KEPT,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def one_of(choices: type[_Choice], value: object) -> _Choice | None:
    """The choice with this value; None for anything else."""
    return next((choice for choice in choices if choice == value), None)


def _key(settings: Settings) -> bytes | None:
    try:
        return secret_key(settings)
    except SettingsError as error:
        _log.warning("visitors can neither save preferences nor vote: %s", error)
        return None


def _signer() -> URLSafeSerializer | None:
    found: URLSafeSerializer | None = current_app.extensions[_EXTENSION]
    return found


def _plain(context: Context) -> dict[str, str]:
    """Only what was said, under short names."""
    named = {
        "p": context.product,
        "c": context.customer,
        "e": context.experience,
        "a": context.address,
    }
    return {name: str(value) for name, value in named.items() if value}


def _read(cookie: str) -> Context:
    """What a cookie says; nothing when it is not one of ours."""
    signer = _signer()
    if not cookie or signer is None:
        return NO_CONTEXT
    try:
        said = signer.loads(cookie)
    except BadSignature:
        return NO_CONTEXT
    return Context(
        product=str(said.get("p", "")),
        customer=one_of(Customer, said.get("c")),
        experience=one_of(Experience, said.get("e")),
        address=one_of(Address, said.get("a")),
    )
