"""How often one address may ask."""

from functools import partial
from typing import Any

from flask import Blueprint, Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

# A person clicks and pages; a whole office behind one address does it together.
SITE_FACTOR = 2

# A resume code has 60 bits; this keeps even short guessing out of the records.
CODES_A_MINUTE = 10

_SEARCHING = ("site.search", "discovery.suggest")
_WIDGET = "widget.panel"  # where it is offered
_WRITING = ("contact.write", "contact.go_on", "contact.answers")  # answers while one writes
_EXTRA = "limited_extra_search"
_CONTACTS, _CODES = "limited_contacts", "limited_codes"


def limit_rate(app: Flask, api: Blueprint, per_second: int) -> None:
    """Hold every address to `per_second` API requests a second; 0 means no limit.

    The site's search page, its suggestions and the contact form have budgets of their own. Counted
    in the memory of each server process. The address is the connection's, or what
    `trusted_proxies` say it is.
    """
    if not per_second:
        return
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="fixed-window")
    limiter.limit(f"{per_second}/second")(api)
    extra = parse(f"{per_second}/second")
    app.extensions[_EXTRA] = partial(limiter.limiter.hit, extra, "unknown address")
    views: dict[str, Any] = app.view_functions
    for name in (*_SEARCHING, *views.keys() & {*_WRITING, _WIDGET}):
        views[name] = limiter.limit(f"{per_second * SITE_FACTOR}/second")(views[name])


def may_search_unasked() -> bool:
    """Whether a page that was not asked to search, the 404 page, may do it for this visitor."""
    hit = current_app.extensions.get(_EXTRA)
    return hit is None or bool(hit(get_remote_address()))


def limit_contacts(app: Flask, per_hour: int) -> None:
    """Hold every address to so many messages an hour, 0 means no limit, and to
    `CODES_A_MINUTE` tries of a resume code. Counted in the memory of each server process.
    """
    window = FixedWindowRateLimiter(MemoryStorage())
    app.extensions[_CODES] = partial(window.hit, parse(f"{CODES_A_MINUTE}/minute"), "code")
    if per_hour:
        app.extensions[_CONTACTS] = partial(window.hit, parse(f"{per_hour}/hour"), "contact")


def may_send_contact() -> bool:
    """Whether this address may send one more message to a team."""
    return _may(_CONTACTS)


def may_try_code() -> bool:
    """Whether this address may try one more resume code."""
    return _may(_CODES)


def _may(name: str) -> bool:
    hit = current_app.extensions.get(name)
    return hit is None or bool(hit(get_remote_address()))
