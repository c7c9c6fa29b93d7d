"""The staff's pages below `/admin`: signing in and out, their frame, the audit log."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from kb.documents import Document
from kb.emails import LONGEST, normal_email
from kb.errors import KbError
from kb.staff import MOST_PASSWORD, Role
from kb.store.cases import open_cases
from kb.store.staff import actions, forget_attempts, may_attempt, sign_in
from kb.text import localized
from search.searcher import Searcher
from web.documents import named_document
from web.language import ui_language
from web.live import searcher
from web.paging import page_of
from web.records import records
from web.staff import (
    ROOM,
    admit_staff,
    begin_session,
    check_form,
    end_session,
    safe_next,
    signed_in,
    staff_only,
)

_RETRY = 15 * 60  # seconds; the attempts that count are not older

_Choice = TypeVar("_Choice", bound=StrEnum)

admin = Blueprint("admin", __name__, url_prefix=ROOM)


def add_admin(app: Flask, *rooms: Blueprint) -> None:
    """Open /admin with these rooms, where there is a key to sign sessions with."""
    if not app.secret_key:
        return
    admit_staff(app)
    app.after_request(_keep_nothing)
    for room in (admin, *rooms):
        app.register_blueprint(room)


def _keep_nothing(response: Response) -> Response:
    """Nothing of the staff's pages stays in a cache, or is found by search engines."""
    if not request.path.startswith(f"{ROOM}/"):
        return response
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def render_admin(template: str, **values: Any) -> str:
    """A page in the staff's frame, in the language of their browser."""
    found = published()
    return render_template(
        f"admin/{template}",
        locale=ui_language(),
        look=found.look if found else None,
        site_name=found.site.name if found else "",
        member=signed_in(),
        rooms=current_app.blueprints,
        open_cases=_open_cases,
        team_title=team_title,
        document_named=document_named,
        now=datetime.now(UTC),
        **values,
    )


def _open_cases() -> int | None:
    """How many cases wait; None for who has no business with them."""
    member = signed_in()
    may_see = member is not None and member.role in (Role.AGENT, Role.ADMIN)
    if not may_see or "case_pages" not in current_app.blueprints:
        return None
    return open_cases(records().database)


def team_title(team: str) -> str:
    """A team as people call it."""
    found = published()
    known = found.site.teams.get(team) if found else None
    return localized(known.title, ui_language(), team) if known else team


def published() -> Searcher | None:
    """The searcher of this request; None where nothing is published. Staff can work without."""
    try:
        return searcher()
    except KbError:
        return None


def document_named(name: str, locale: str = "") -> Document | None:
    """The document that `kind/id` names, in this language or the reader's, else in another; None
    when it is gone, or nothing is published.
    """
    found = published()
    return named_document(found, name, locale or ui_language()) if found else None


def asked_for(choices: type[_Choice], name: str) -> _Choice | None:
    """What a filter in the address asks for; None when it is nothing that can be chosen."""
    return next((choice for choice in choices if choice == request.args.get(name)), None)


@admin.get("/")
@staff_only()
def home() -> BaseResponse:
    return redirect(f"{ROOM}/tasks/")


@admin.get("/login")
def login() -> str | BaseResponse:
    wanted = safe_next(request.args.get("next", ""))
    return redirect(wanted) if signed_in() else _login_page("", wanted)


@admin.post("/login")
def try_login() -> tuple[str, int] | Response | BaseResponse:
    """Sign in. An unknown address, a wrong password and a disabled account answer the same."""
    check_form()
    wanted = safe_next(request.form.get("next", ""))
    database, visitors = records().database, records().visitors
    email = normal_email(request.form.get("email", "")[:LONGEST])
    account = visitors.name(email, "account")
    address = visitors.name(request.remote_addr or "", "address")
    if not may_attempt(database, account, address, datetime.now(UTC)):
        response = Response(_login_page("limited", wanted), 429)
        response.headers["Retry-After"] = str(_RETRY)
        return response
    found = sign_in(database, email, request.form.get("password", "")[:MOST_PASSWORD])
    if found is None:
        return _login_page("wrong", wanted), 401
    forget_attempts(database, account)
    begin_session(found)
    return redirect(wanted, 303)


@admin.post("/logout")
@staff_only()
def logout() -> BaseResponse:
    end_session()
    return redirect(f"{ROOM}/login", 303)


@admin.get("/audit")
@staff_only(Role.ADMIN)
def audit_log() -> str:
    return render_admin("audit.html", page=page_of(partial(actions, records().database)))


def _login_page(trouble: str, wanted: str) -> str:
    return render_admin("login.html", trouble=trouble, wanted=wanted)
