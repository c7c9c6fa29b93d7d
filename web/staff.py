"""Who is signed in, and what they may do: sessions, roles, and a token in every form.

A session is one signed cookie, sent to /admin only. It ends after an hour without a click, twelve
hours after it began, and at once when its member signs out, is disabled or gets a new password.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, Request, abort, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from kb.errors import RecordsError
from kb.staff import Role, StaffMember
from kb.store.staff import end_sessions, member
from web.records import records

COOKIE = "kb_staff"
ROOM = "/admin"
IDLE = 60 * 60  # seconds without a click
LONGEST = 12 * 60 * 60  # seconds: a working day
_TOUCH = 60  # seconds after which a click is worth a new cookie

_View = TypeVar("_View", bound=Callable[..., Any])
_csrf = CSRFProtect()


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """A member of staff as Flask-Login knows them."""

    member: StaffMember

    def get_id(self) -> str:
        return f"{self.member.id}:{self.member.stamp}"


class _Sessions(SecureCookieSessionInterface):
    """Cookies that stay on https where the request came by it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def admit_staff(app: Flask) -> None:
    """Let `staff_only` know who is signed in. The application needs its secret key before."""
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_PATH=ROOM,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # `staff_only` checks; visitors' forms have no session
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    _csrf.init_app(app)
    manager = LoginManager()
    manager.session_protection = None  # browsers change their address on the way home
    manager.user_loader(_load)
    # Not `init_app`: what it adds looks for a session in every request, also of visitors, who
    # would then get pages that no cache may share.
    app.login_manager = manager  # type: ignore[attr-defined]


def staff_only(*roles: Role) -> Callable[[_View], _View]:
    """Let only staff see a view, of these roles or an admin; without roles, all staff.

    Others are led to the sign-in page. Forms must carry `csrf_token()`.
    """

    def decorate(view: _View) -> _View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            if not current_user.is_authenticated:
                return redirect(sign_in_address(request))
            if roles and staff_member().role not in (*roles, Role.ADMIN):
                abort(403)
            _csrf.protect()
            _touch()
            return view(*args, **values)

        return cast(_View, guarded)

    return decorate


def check_form() -> None:
    """Refuse a form that no page of this site made; for forms in front of the sign-in."""
    _csrf.protect()


def staff_member() -> StaffMember:
    """Who is signed in. Only in views that `staff_only` guards."""
    signed_in: StaffMember = current_user.member
    return signed_in


def signed_in() -> StaffMember | None:
    """Who is signed in, if anybody."""
    return staff_member() if current_user.is_authenticated else None


def begin_session(found: StaffMember) -> None:
    """Sign somebody in: what the browser held before is forgotten."""
    session.clear()
    session["began"] = session["seen"] = int(time.time())
    login_user(SignedIn(found))


def end_session() -> None:
    """Sign out, here and wherever else this member is signed in.

    A cookie cannot be taken back, so all that were given out are made worthless.
    """
    found = signed_in()
    if found:
        end_sessions(records().database, found.email, found.email)
    logout_user()
    session.clear()


def sign_in_address(wanted: Request) -> str:
    """The sign-in page, which leads back to what was wanted."""
    if wanted.method != "GET" or wanted.path == ROOM + "/":
        return f"{ROOM}/login"
    return f"{ROOM}/login?{urlencode({'next': wanted.full_path.rstrip('?')})}"


def safe_next(address: str) -> str:
    """Where to go after signing in: a page of the staff's, whatever the address says."""
    parts = urlsplit(address)
    inside = parts.path.startswith(ROOM + "/") and not (parts.scheme or parts.netloc)
    plain = all(character.isprintable() and character != "\\" for character in address)
    return address if inside and plain else f"{ROOM}/"


def _load(key: str) -> SignedIn | None:
    """Called by Flask-Login with what `get_id` said when the session began."""
    if not _is_fresh():
        return None
    number, _, stamp = key.partition(":")
    try:
        found = member(records().database, int(number)) if number.isdecimal() else None
    except RecordsError:
        return None
    return SignedIn(found) if found and found.stamp == stamp else None


def _is_fresh() -> bool:
    now, began, seen = time.time(), session.get("began", 0), session.get("seen", 0)
    return bool(now - seen < IDLE and now - began < LONGEST)


def _touch() -> None:
    now = int(time.time())
    if now - session["seen"] >= _TOUCH:
        session["seen"] = now
