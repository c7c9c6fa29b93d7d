"""Hearing of a fix: an address, confirmed by its owner, gets one e-mail and may answer it.

What changes something is a form: programs that open every link in a mail confirm nothing.
"""

from datetime import UTC, datetime

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    get_template_attribute,
    redirect,
    request,
)
from werkzeug.wrappers import Response

from kb.emails import plain_email
from kb.errors import AddressError
from kb.feedback import Vote
from kb.settings import Settings
from kb.store.subscriptions import (
    confirm,
    find_subscription,
    reopen,
    solved,
    subscribe,
    unsubscribe,
)
from kb.subscriptions import Subscription
from web.documents import named_document
from web.feedback import about_of, vote_about
from web.live import searcher
from web.notices import ACTIONS, Notices
from web.pages import choose_locale, in_all_locales, page_locale, render_page
from web.records import is_person, records
from web.security import from_this_site

notify = Blueprint("notify", __name__)
notify.url_value_preprocessor(choose_locale)

_EXTENSION = "notices"


def offer_notices(app: Flask, settings: Settings) -> None:
    """Offer an e-mail of the fix where it can be sent, with links that lead here."""
    app.extensions[_EXTENSION] = None
    app.jinja_env.globals.update(can_notify=False, consent_text=consent_text)
    if app.secret_key and (found := Notices(settings)).can_be_sent:
        app.extensions[_EXTENSION] = found
        app.jinja_env.globals["can_notify"] = True
        app.register_blueprint(notify)


def consent_text() -> str:
    """What somebody agrees to who gives their address, kept with it."""
    return str(get_template_attribute("site/_consent.html", "consent")())


def notices() -> Notices:
    """What writes the mails. Only where `offer_notices` found that they can be sent."""
    found: Notices = current_app.extensions[_EXTENSION]
    return found


@notify.post("/<locale:locale>/feedback/notify")
def ask() -> Response:
    """Send an e-mail that asks its owner; the answer is the same for every address."""
    about = about_of(request.form.get("about", ""))
    if about is None or request.form.get("consent") != "yes":
        abort(400)
    if not from_this_site(request):
        abort(403)
    try:
        email = plain_email(request.form.get("email", ""))
    except AddressError:
        abort(400)
    if is_person():
        letter = notices().letter(searcher())
        vote = vote_about(about, solved=False)
        subscribe(records().database, vote, email, consent_text(), letter, datetime.now(UTC))
    return redirect(f"/{page_locale()}/feedback/notify", 303)


@notify.get("/<locale:locale>/feedback/notify")
def asked() -> str:
    return _page("asked", None, "")


@notify.get("/<locale:locale>/feedback/notify/<action>")
def show(action: str) -> str:
    """Ask whether the owner of the address means it."""
    found, token = _wanted(action)
    return _page(action, found, token)


@notify.post("/<locale:locale>/feedback/notify/<action>")
def act(action: str) -> str:
    """Do what the owner of the address wants; doing it twice changes nothing."""
    found, _token = _wanted(action)
    database = records().database
    if found is not None:
        name = found[0].id
        if action == "confirm":
            confirm(database, name, notices().letter(searcher()))
        else:
            {"unsubscribe": unsubscribe, "solved": solved, "reopen": reopen}[action](database, name)
    return _page(f"{action}_done", found, "")


def _wanted(action: str) -> tuple[tuple[Subscription, Vote] | None, str]:
    """The subscription that the token proves; None when its owner deleted it before."""
    token = request.values.get("token", "")
    name = notices().subscription_of(token)
    if action not in ACTIONS or name is None:
        abort(404)
    return find_subscription(records().database, name), token


def _page(state: str, found: tuple[Subscription, Vote] | None, token: str) -> str:
    document = named_document(searcher(), found[1].document, page_locale()) if found else None
    return render_page(
        "site/notify.html",
        in_all_locales("/feedback/notify"),
        state=state,
        gone=found is None and state != "asked",
        about=document,
        token=token,
    )
