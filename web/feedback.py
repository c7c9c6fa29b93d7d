""" "Did this solve it?": asked on articles and answers, answered by a form that needs no script."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from kb.documents import Document
from kb.feedback import MAX_COMMENT, Place, Reason, Vote
from kb.masking import masked
from kb.store.feedback import keep_vote, vote_of
from kb.text import one_line
from web.documents import named_document
from web.json_views import handover
from web.live import searcher
from web.pages import choose_locale, in_all_locales, page_locale, render_page
from web.records import has_records, is_person, records, visitor
from web.security import from_this_site

feedback = Blueprint("feedback", __name__)
feedback.url_value_preprocessor(choose_locale)

_SALT = "feedback"
_EXTENSION = "feedback_signer"


@dataclass(frozen=True, slots=True)
class About:
    """What a vote is about. Only pages that showed it can make the token that says so."""

    document: str  # kind/id
    place: Place
    query_id: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A visitor's word, as it came."""

    solved: bool
    reason: Reason | None = None
    comment: str = ""


def ask_for_feedback(app: Flask) -> None:
    """Ask on articles and answers, where there is a key to sign what a vote is about, and as long
    as there are records to keep it in."""
    app.jinja_env.globals["asks_for_feedback"] = asks_for_feedback
    if not app.secret_key:
        return
    app.extensions[_EXTENSION] = URLSafeSerializer(app.secret_key, salt=_SALT)
    app.jinja_env.globals["feedback_token"] = feedback_token
    app.register_blueprint(feedback)


def asks_for_feedback() -> bool:
    """Whether visitors are asked for votes now."""
    return _EXTENSION in current_app.extensions and has_records()


def feedback_token(document: Document, place: str, query_id: str = "") -> str:
    """What a form sends back to say what the vote is about; the same for equal arguments."""
    about = [document.name, Place(place).value, query_id]
    token = _signer().dumps(about)
    return token.decode() if isinstance(token, bytes) else token


def answer_token(document: Document, query_id: str) -> str | None:
    """The token for an answer cut from a document; None where nobody is asked for a vote."""
    if not asks_for_feedback():
        return None
    return feedback_token(document, Place.ANSWER, query_id)


def about_of(token: str) -> About | None:
    """What a token says; None when this site did not make it."""
    if _EXTENSION not in current_app.extensions:
        return None
    try:
        document, place, query_id = _signer().loads(token)
    except BadSignature:
        return None
    return About(document, Place(place), query_id)


@feedback.get("/<locale:locale>/feedback")
def show() -> str:
    """What was said, and after a no: why, and the way to a person."""
    token = request.args.get("about", "")
    about = about_of(token)
    if about is None:
        abort(404)
    return _answered(token, about, vote_of(records().database, vote_about(about, solved=True)))


@feedback.post("/<locale:locale>/feedback")
def vote() -> str | Response:
    """Keep a vote; it is on disk when the page that thanks appears."""
    token = request.form.get("about", "")
    about = about_of(token)
    if about is None or request.form.get("solved") not in ("yes", "no"):
        abort(400)
    if not from_this_site(request):
        abort(403)
    said = vote_about(about, solved=request.form["solved"] == "yes")
    if is_person():
        keep_vote(records().database, said)
    if "fragment" in request.form:
        return render_template(
            "site/feedback_part.html", locale=page_locale(), **_values(token, about, said)
        )
    return redirect(f"/{page_locale()}/feedback?about={token}", 303)


def vote_about(about: About, *, solved: bool) -> Vote:
    """What this form's visitor says today."""
    given = request.form.get("reason", "")
    reason = next((one for one in Reason if one == given), None)
    said = Said(solved, reason, request.form.get("comment", ""))
    return vote_today(about, visitor(), page_locale(), said)


def vote_today(about: About, voter: str, locale: str, said: Said) -> Vote:
    """A vote as it is kept: why something failed is asked only where it did, and masked."""
    now = datetime.now(UTC)
    return Vote(
        visitor=voter,
        day=now.date(),
        document=about.document,
        locale=locale,
        place=about.place,
        query_id=about.query_id,
        solved=said.solved,
        reason=None if said.solved else said.reason,
        comment="" if said.solved else masked(one_line(said.comment[:MAX_COMMENT])),
        at=now,
    )


def _answered(token: str, about: About, said: Vote | None) -> str:
    values = _values(token, about, said)
    return render_page("site/feedback.html", in_all_locales("/feedback", about=token), **values)


def _values(token: str, about: About, said: Vote | None) -> dict[str, object]:
    document = named_document(searcher(), about.document, page_locale())
    team = document.owner_team if document else ""
    return {
        "token": token,
        "said": said,
        "document": document,
        "reasons": list(Reason),
        "person": handover(searcher().site, team, page_locale()),
        "team": team,
    }


def _signer() -> URLSafeSerializer:
    found: URLSafeSerializer = current_app.extensions[_EXTENSION]
    return found
