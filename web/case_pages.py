"""Cases at `/admin/cases`: what customers wrote, what came before, and the team's answers."""

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from kb.cases import Author, CaseState, Conversation
from kb.contact_rules import LONGEST, clean_message
from kb.documents import Document, Kind
from kb.staff import Role
from kb.store.cases import (
    answer_case,
    cases_of,
    close_case,
    conversation,
    note_missing,
    reopen_case,
    teams_with_cases,
)
from web.admin import published, render_admin
from web.delivery import wake_delivery
from web.desk import desk, question_of
from web.documents import named_document
from web.language import ui_language
from web.records import records
from web.staff import ROOM, staff_member, staff_only

case_pages = Blueprint("case_pages", __name__, url_prefix=f"{ROOM}/cases")

LONGEST_MISSING = 200  # characters of the title of an article that is missing
_ALL = "all"
_SHOWN = 200  # cases on a page


@case_pages.get("/")
@staff_only(Role.AGENT)
def overview() -> str:
    """Cases that wait, the longest untouched first; filters stand in the address."""
    database, wanted = records().database, request.args.get("state", "")
    state = next((one for one in CaseState if one == wanted), CaseState.OPEN)
    states = () if wanted == _ALL else (state,)
    team = request.args.get("team", "")
    found = cases_of(database, team=team, states=states, limit=_SHOWN + 1)
    return render_admin(
        "cases.html",
        cases=found[:_SHOWN],
        has_more=len(found) > _SHOWN,
        now=datetime.now(UTC),
        teams=teams_with_cases(database),
        states=tuple(CaseState),
        chosen={"state": _ALL if wanted == _ALL else state, "team": team},
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
    document = _document(request.form.get("document", ""), known.case.locale)
    if request.form.get("step") == "find":
        return _page(known, written=text, article=typed, chosen=document)
    fault = "missing" if not text else "too_long" if len(text) > LONGEST["message"] else ""
    if fault:
        return _page(known, written=text, article=typed, chosen=document, fault=fault), 422
    if not known.ends_with(Author.TEAM, text):
        shown = f"{document.kind}/{document.id}" if document else ""
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


@case_pages.post("/<number>/close")
@staff_only(Role.AGENT)
def close(number: str) -> Response:
    _known(number)
    close_case(records().database, number, datetime.now(UTC), desk().ways, by=staff_member().email)
    wake_delivery()
    return _done(number)


@case_pages.post("/<number>/reopen")
@staff_only(Role.AGENT)
def reopen(number: str) -> Response:
    _known(number)
    reopen_case(records().database, number, datetime.now(UTC), desk().ways, by=staff_member().email)
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
        messages=[(one, _document(one.document, ui_language())) for one in known.messages],
        items=[(item, _document(item.document, ui_language())) for item in case.packet],
        about=_document(case.topic.document, ui_language()),
        product=_document(f"product/{case.contact.product}", ui_language()),
        now=datetime.now(UTC),
        written=written,
        article=article,
        chosen=chosen,
        offered=_offered(known, article, chosen),
        fault=fault,
        longest={**LONGEST, "missing": LONGEST_MISSING},
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
    by_name = {(one.kind, one.id): one for one in found if one is not None}
    return list(by_name.values())


def _document(name: str, locale: str) -> Document | None:
    found = published()
    return named_document(found, name, locale) if found else None
