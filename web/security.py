"""Headers that every response carries, so that one forgotten view cannot open a door."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g

_NO_FRAMES = "frame-ancestors 'none'"
# All that a page needs comes from its own origin; nothing inline runs or styles.
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        _NO_FRAMES,
    )
)
# Pictures come from editors. Opened by itself, an SVG is a document: it may style itself, no more.
MEDIA_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def from_this_site(request: Request) -> bool:
    """Whether a form that changes something was sent from a page of this site.

    Browsers say so in Sec-Fetch-Site, older ones in Origin; programs say neither and carry no
    visitor's cookies.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def is_from_a_page(request: Request) -> bool:
    """Whether a page of this site sent it: a browser says so, and a program says nothing."""
    said = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    return said and from_this_site(request)


def let_frame(origins: Iterable[str]) -> None:
    """Let pages of these origins, and no others, show the response of this request in a frame."""
    g.frame_ancestors = f"frame-ancestors {' '.join(origins)}"


def secure(app: Flask) -> None:
    """Add the headers to every response; a view that set one itself keeps its own."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if "frame_ancestors" in g:
            policy = PAGE_POLICY.replace(_NO_FRAMES, g.frame_ancestors)
            response.headers["Content-Security-Policy"] = policy
            del response.headers["X-Frame-Options"]  # it knows no list of origins
        return response
