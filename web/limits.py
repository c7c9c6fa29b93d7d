"""How often one address may ask."""

from functools import partial
from typing import Any

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse

from web.api import api

# A person clicks and pages; a whole office behind one address does it together.
SITE_FACTOR = 2

_SEARCHING = ("site.search", "discovery.suggest")
_EXTRA = "limited_extra_search"


def limit_rate(app: Flask, per_second: int) -> None:
    """Hold every address to `per_second` API requests a second; 0 means no limit.

    The site's search page and its suggestions have budgets of their own. Counted in the memory of
    each server process. The address is the connection's, or what `trusted_proxies` say it is.
    """
    if not per_second:
        return
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="fixed-window")
    limiter.limit(f"{per_second}/second")(api)
    extra = parse(f"{per_second}/second")
    app.extensions[_EXTRA] = partial(limiter.limiter.hit, extra, "unknown address")
    views: dict[str, Any] = app.view_functions
    for name in _SEARCHING:
        views[name] = limiter.limit(f"{per_second * SITE_FACTOR}/second")(views[name])


def may_search_unasked() -> bool:
    """Whether a page that was not asked to search, the 404 page, may do it for this visitor."""
    hit = current_app.extensions.get(_EXTRA)
    return hit is None or bool(hit(get_remote_address()))
