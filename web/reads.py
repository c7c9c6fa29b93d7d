"""Pages that people open: remembered on the server, without a script and without a cookie."""

import logging

from flask import Flask, Response, request

from kb.documents import Kind
from web.documents import find_document
from web.live import searcher
from web.pages import markdown_wanted, page_locale
from web.records import has_records, is_person, note_read

_PAGES = {"site.article": Kind.ARTICLE, "site.product": Kind.PRODUCT}
_SHOWN = (200, 304)  # 304: the browser has it already
_log = logging.getLogger(__name__)


def note_reads(app: Flask) -> None:
    """Remember who opens articles and products, and let pages tell how long they were in sight."""
    app.jinja_env.globals["reads_are_noted"] = has_records

    @app.after_request
    def note_opened(response: Response) -> Response:
        if response.status_code in _SHOWN and _is_page() and has_records() and is_person():
            try:
                _note_page()
            except Exception:  # whatever it is, the page is there and no reader shall miss it
                _log.exception("a read is not remembered")
        return response


def _is_page() -> bool:
    return request.endpoint in _PAGES and request.method == "GET" and not markdown_wanted()


def _note_page() -> None:
    """Asked of the searcher that the page was made with: a request holds one."""
    slug = (request.view_args or {})["slug"]
    found = find_document(searcher(), _PAGES[str(request.endpoint)], page_locale(), slug)
    if found:
        note_read(found.document, page_locale())
