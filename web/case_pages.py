"""Cases at `/admin/cases`: what customers wrote, what came before, and the team's answers."""

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from kb.cases import (
    Author,
    Case,
    CaseState,
    Conversation,
    email_key,
    read_out,
)
from kb.contact_rules import LONGEST, clean_message
from kb.documents import Document, Kind
from kb.staff import Role
from kb.store.cases import (
    answer_case,
    cases_of,
    close_case,
    conversation,
    may_open,
    note_missing,
    reopen_case,
    teams_with_cases,
)
from web.admin import asked_for, document_named, published, render_admin
from web.delivery import wake_delivery
from web.desk import desk, question_of
from web.documents import named_document
from web.paging import ROWS, Page, page_of
from web.records import records
from web.staff import ROOM, staff_member, staff_only

case_pages = Blueprint("case_pages", __name__, url_prefix=f"{ROOM}/cases")

LONGEST_MISSING = 200  # characters of the title of an article that is missing
_ALL = "all"


@case_pages.get("/")
@staff_only(Role.AGENT)
def overview() -> str:
    """Cases that wait, the longest untouched first; filters stand in the address."""
    state = _ALL if request.args.get("state") == _ALL else asked_for(CaseState, "state")
    state, team = state or CaseState.OPEN, request.args.get("team", "")
    states = [one for one in CaseState if state in (one, _ALL)]
    found = partial(cases_of, records().database, team=team, states=states)
    page = page_of(lambda limit, skipped: found(limit=limit, skipped=skipped))
    return _list(page, {"state": state, "team": team})


@case_pages.post("/find")
@staff_only(Role.AGENT)
def find() -> str | Response:
    """Find a caller's case by its number, perhaps with the resume code, or by e-mail address.

    Not by the code alone: which case it opens is kept nowhere.
    """
    wanted, database = _line("wanted"), records().database
    if not wanted:
        return redirect(f"{ROOM}/cases/", 303)
    number, code = read_out(wanted)
    if number and conversation(database, number):
        if code:
            fits = may_open(database, desk().key, number, code, datetime.now(UTC), desk().code_days)
            flash("code_right" if fits else "code_wrong")
        return _done(number)
    person = email_key(desk().key, wanted)
    found = cases_of(database, person=person, limit=ROWS) if "@" in wanted else []
    if len(found) == 1:
        return _done(found[0].number)
    return _list(Page(found, 1, "", ""), {"state": _ALL, "team": ""}, wanted)


def _list(page: Page[Case], filters: dict[str, str], wanted: str = "") -> str:
    """`wanted` is what was looked for, whether or not it was found."""
    return render_admin(
        "cases.html",
        page=page,
        teams=teams_with_cases(records().database),
        chosen=filters,
        wanted=wanted,
    )


@case_pages.get("/<number>")
@staff_only(Role.AGENT)
def show(number: str) -> str:
    return _page(_known(number))


@case_pages.post("/<number>/answer")
@staff_only(Role.AGENT)
def answer(number: str) -> str | Response | tuple[str, int]:
    """Send an answer, or look for an article to go with it; what was typed stays."""
    known = _known(number)
    text = clean_message(request.form.get("message", ""))
    typed = _line("article")
    document = document_named(request.form.get("document", ""), known.case.locale)
    if request.form.get("step") == "find":
        return _page(known, written=text, article=typed, chosen=document)
    fault = "missing" if not text else "too_long" if len(text) > LONGEST["message"] else ""
    if fault:
        return _page(known, written=text, article=typed, chosen=document, fault=fault), 422
    if not known.ends_with(Author.TEAM, text):
        shown = document.name if document else ""
        now, by = datetime.now(UTC), staff_member().email
        answer_case(records().database, number, text, now, desk().ways, shown, by=by)
        wake_delivery()
    return _done(number)


@case_pages.post("/<number>/missing")
@staff_only(Role.AGENT)
def missing(number: str) -> Response:
    """Say which article would have spared this case; that becomes a content task."""
    _known(number)
    now, by = datetime.now(UTC), staff_member().email
    note_missing(records().database, number, _line("missing"), now, by=by)
    return _done(number)


@case_pages.post("/<number>/<any(close, reopen):action>")
@staff_only(Role.AGENT)
def change(number: str, action: str) -> Response:
    _known(number)
    do = close_case if action == "close" else reopen_case
    do(records().database, number, datetime.now(UTC), desk().ways, by=staff_member().email)
    wake_delivery()
    return _done(number)


def _done(number: str) -> Response:
    return redirect(f"{ROOM}/cases/{number}", 303)


def _known(number: str) -> Conversation:
    known = conversation(records().database, number)
    if known is None:
        abort(404)
    return known


def _line(name: str) -> str:
    """A field of one line."""
    return " ".join(clean_message(request.form.get(name, "")).split())[:LONGEST_MISSING]


def _page(
    known: Conversation,
    *,
    written: str = "",
    article: str = "",
    chosen: Document | None = None,
    fault: str = "",
) -> str:
    case = known.case
    return render_admin(
        "case.html",
        case=case,
        messages=known.messages,
        written=written,
        article=article,
        chosen=chosen,
        offered=_offered(known, article, chosen),
        fault=fault,
        longest={**LONGEST, "missing": LONGEST_MISSING},
        code_days=desk().code_days,
        is_over=case.state in (CaseState.SOLVED, CaseState.CLOSED),
    )


def _offered(known: Conversation, article: str, chosen: Document | None) -> list[Document]:
    """Articles to go with an answer, in the customer's language: the chosen one, then what was
    looked for, by id or in words; without that, what the case is about."""
    case, searcher = known.case, published()
    if searcher is None:
        return []
    found = [chosen, named_document(searcher, f"{Kind.ARTICLE}/{article}", case.locale)]
    if article:
        hits = searcher.search(question_of(article), case.locale, limit=5).hits
        found += [hit.document for hit in hits]
    else:
        found.append(named_document(searcher, case.topic.document, case.locale))
    by_name = {one.name: one for one in found if one is not None}
    return list(by_name.values())
