"""Text travels compressed to browsers that take it so."""

import gzip

from flask import Flask, Response, request

_TYPES = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/atom+xml",
    "image/svg+xml",
)
_STAFF = "/admin"
_LEAST = 600  # bytes; below, the headers weigh more than what is saved
_LEVEL = 5  # higher ones take twice the time for one hundredth of the size


def compress(app: Flask) -> None:
    """Compress what is text, but for staff: their pages hold tokens beside what others typed, and
    from the sizes of packed pages such secrets can be guessed (BREACH, CVE-2013-3587).
    """

    @app.after_request
    def pack(response: Response) -> Response:
        if request.path.startswith(_STAFF) or not response.content_type.startswith(_TYPES):
            return response
        response.vary.add("Accept-Encoding")
        if _may_be_packed(response):
            body = response.get_data()
            if len(body) >= _LEAST:
                response.set_data(gzip.compress(body, _LEVEL, mtime=0))
                response.headers["Content-Encoding"] = "gzip"
                _weaken(response)
        return response


def _may_be_packed(response: Response) -> bool:
    return (
        response.status_code == 200
        and request.method == "GET"
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and request.accept_encodings["gzip"] > 0
    )


def _weaken(response: Response) -> None:
    """Packed or not, it is the same page, but no longer the same bytes."""
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
