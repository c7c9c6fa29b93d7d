"""A customer's own case: opened with its number and resume code, without cookie or account.

The code is exchanged for a signed key in the address, which works for half an hour and is renewed
by every step. What was typed survives its end.
"""

from datetime import UTC, datetime

from flask import Blueprint, Flask, abort, redirect, request
from werkzeug.wrappers import Response

from kb.cases import Author, CaseState, Conversation, clean_number
from kb.contact_rules import LONGEST, clean_message
from kb.delivery.jobs import Way
from kb.documents import Document
from kb.store.cases import add_message, code_of, conversation, may_open, reopen_case, solve_case
from web.delivery import wake_delivery
from web.desk import KEY_LIFE, desk, signed, unsigned
from web.documents import named_document
from web.json_views import handover
from web.limits import may_try_code
from web.live import searcher
from web.pages import choose_locale, in_all_locales, page_locale, render_page
from web.records import records
from web.security import from_this_site

_LARGEST = 64_000  # bytes of a form
_LONGEST_TYPED = 100  # characters of a number or code as people write them
_PURPOSE = "case"
_STEPS = ("send", "solved", "reopen")

cases = Blueprint("cases", __name__)
cases.url_value_preprocessor(choose_locale)


def show_cases(app: Flask) -> None:
    app.register_blueprint(cases)


@cases.before_request
def refuse_more() -> None:
    request.max_content_length = _LARGEST


@cases.after_request
def keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def page_of(number: str, news: str = "") -> str:
    """The address of a case for the next half hour; `news` is what the page begins with."""
    return f"/{page_locale()}/cases/{number}?key={signed(_PURPOSE, number, news)}"


@cases.get("/<locale:locale>/cases")
def ask() -> str:
    """Number and code, please."""
    return _ask_page()


@cases.post("/<locale:locale>/cases")
def unlock() -> str | Response | tuple[str, int]:
    """Open the case whose number and code were given."""
    if not from_this_site(request):
        abort(403)
    typed = request.form.get("number", "")[:_LONGEST_TYPED]
    written = _written()
    if not may_try_code():
        return _ask_page(typed, written=written, trouble="limited"), 429
    where, number = desk(), clean_number(typed)
    code = request.form.get("code", "")
    now = datetime.now(UTC)
    if not may_open(records().database, where.key, number, code, now, where.code_days):
        return _ask_page(typed, written=written, trouble="wrong"), 403
    if written:  # typed before the key ended: it stands in the form again
        return _case_page(number, written=written)
    return redirect(page_of(number), 303)


@cases.get("/<locale:locale>/cases/<number>")
def show(number: str) -> str:
    """The case, for who has a key to it; for everybody else the same page, known or not."""
    known, news = _opened(number, request.args.get("key", ""))
    if not known:
        return _ask_page(number[:_LONGEST_TYPED], trouble="ended" if "key" in request.args else "")
    return _case_page(number, news=news)


@cases.post("/<locale:locale>/cases/<number>")
def change(number: str) -> str | Response | tuple[str, int]:
    """A further message, "solved", or open again."""
    if not from_this_site(request):
        abort(403)
    written = _written()
    known, _ = _opened(number, request.form.get("key", ""))
    if not known:
        return _ask_page(number[:_LONGEST_TYPED], written=written, trouble="ended"), 403
    step = request.form.get("step", "")
    if step == "send" and not written:
        return _case_page(number, fault="missing"), 422
    if len(written) > LONGEST["message"]:
        return _case_page(number, written=written, fault="too_long"), 422
    _change(number, step, written)
    wake_delivery()
    return redirect(page_of(number, step if step in _STEPS else ""), 303)


def _change(number: str, step: str, written: str) -> None:
    """Do what the button says; what was written beside it is sent whichever it was."""
    database, ways, now = records().database, desk().ways, datetime.now(UTC)
    if step in _STEPS and written and not _said_last(number, written):
        add_message(database, number, written, now, ways)
    if step == "solved":
        solve_case(database, number, now, ways)
    elif step == "reopen":
        reopen_case(database, number, now, ways)


def _said_last(number: str, text: str) -> bool:
    known = conversation(records().database, number)
    return known is not None and known.ends_with(Author.CUSTOMER, text)


def _opened(number: str, key: str) -> tuple[bool, str]:
    """Whether this key opens this case, and the news it brings."""
    parts = unsigned(key, KEY_LIFE)
    if len(parts) != 3 or parts[:2] != (_PURPOSE, number):
        return False, ""
    return True, parts[2]


def _written() -> str:
    return clean_message(request.form.get("message", ""))


def _ask_page(number: str = "", *, written: str = "", trouble: str = "") -> str:
    return render_page(
        "site/case_open.html",
        in_all_locales("/cases"),
        number=clean_number(number) or number,
        written=written,
        trouble=trouble,
        longest=LONGEST,
    )


def _case_page(number: str, *, written: str = "", news: str = "", fault: str = "") -> str:
    known = conversation(records().database, number)
    if known is None:
        abort(404)
    case = known.case
    return render_page(
        "site/case.html",
        in_all_locales(f"/cases/{number}"),
        switch=in_all_locales(f"/cases/{number}", key=signed(_PURPOSE, number, "")),
        case=case,
        messages=[(message, _document(message.document)) for message in known.messages],
        person=handover(searcher().site, case.topic.team, page_locale()),
        key=signed(_PURPOSE, number, ""),
        # For who has just sent the message, as long as this key works.
        code=code_of(records().database, desk().key, number) if news == "sent" else "",
        sends_mail=Way.CUSTOMER_MAIL in desk().ways,
        days=desk().code_days,
        news=news,
        fault=fault,
        written=written,
        longest=LONGEST,
        is_over=case.state in (CaseState.SOLVED, CaseState.CLOSED),
        is_answered=_is_answered(known),
    )


def _is_answered(known: Conversation) -> bool:
    return any(message.author is Author.TEAM for message in known.messages)


def _document(name: str) -> Document | None:
    return named_document(searcher(), name, page_locale())
