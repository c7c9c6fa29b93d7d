"""Writing to a team: a form that answers what it can, asks only what is missing, loses nothing.

Write, look over what is sent, send. Answers that match appear beside the form while it is being
written (with a script) and with the second step (without), and never stand in the way.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flask import Blueprint, Flask, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from kb.cases import Contact, PacketItem
from kb.contact_rules import LONGEST, Fault, clean_contact, faults
from kb.deflection import Step
from kb.documents import Kind
from kb.errors import RecordsError
from kb.feedback import Channel
from kb.store.deflection import note_step
from search.results import AnswerResult, AnswerStatus
from web.cases import page_of
from web.context import page_context
from web.desk import (
    FORM_LIFE,
    contact_of,
    known_product,
    matching,
    new_submission,
    signed,
    take,
    topic_from,
    unsigned,
)
from web.documents import named_document
from web.json_views import handover
from web.limits import may_send_contact
from web.live import searcher
from web.packet import packet_of
from web.pages import choose_locale, in_all_locales, page_locale, render_page, shelf
from web.records import is_person, records, visitor
from web.security import from_this_site

LARGEST = 64_000  # bytes of a form
_HITS = 3  # pages that are shown beside the form
_FINDER = 500  # characters of a finder's answers in an address
_ASKS_ORDER = "service"  # phase in which an order number helps the team
_log = logging.getLogger(__name__)

contact = Blueprint("contact", __name__)
contact.url_value_preprocessor(choose_locale)


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, and what goes with it unseen."""

    contact: Contact
    submission: str
    finder: str = ""
    kept: frozenset[str] = field(default_factory=frozenset)  # keys of what may go along
    is_fresh: bool = True  # opened by this site, and not too long ago


def take_contacts(app: Flask) -> None:
    """Offer the form on pages."""
    app.register_blueprint(contact)


@contact.before_request
def refuse_more() -> None:
    request.max_content_length = LARGEST


@contact.after_request
def keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@contact.get("/<locale:locale>/contact/write")
def write() -> str:
    """The form, with what the visitor told us already."""
    product = known_product(page_context().product, page_locale())
    asked = Contact(message=request.args.get("q", "")[: LONGEST["message"]], email="")
    finder = request.args.get("finder", "")[:_FINDER]
    form = Form(replace(asked, product=product), new_submission(), finder)
    return _form_page(form, _matching(form) if asked.message else None)


@contact.post("/<locale:locale>/contact/write")
def go_on() -> str | Response | tuple[str, int]:
    """The next step, whichever button was pressed."""
    if not from_this_site(request):
        abort(403)
    if "solved" in request.form:
        return _solved(request.form["solved"])
    form = _sent_form()
    _note(Step.STARTED)
    step = request.form.get("step")
    if step in ("edit", "answers"):
        return _form_page(form, _shown(form))
    wrong = {one.field: one.fault for one in faults(form.contact)}
    if wrong:
        return _form_page(form, _shown(form), wrong=wrong), 422
    if step == "send" and form.is_fresh:
        return _send(form)
    return _review_page(form, is_late=not form.is_fresh)


@contact.post("/<locale:locale>/contact/answers")
def answers() -> str:
    """What stands beside the form: answers that match, and the team that will get it."""
    if not from_this_site(request):
        abort(403)
    form = _sent_form()
    _note(Step.STARTED)
    return render_template("site/contact_beside_part.html", **_part(_beside(_shown(form))))


@contact.get("/<locale:locale>/contact/solved")
def solved() -> str:
    return render_page("site/contact_solved.html", in_all_locales("/contact/solved"))


def _solved(name: str) -> Response:
    document = named_document(searcher(), name, page_locale())
    _note(Step.SOLVED, document.name if document else "")
    return redirect(f"/{page_locale()}/contact/solved", 303)


def _sent_form() -> Form:
    given = contact_of(request.form)
    cleaned = clean_contact(given)
    opened = unsigned(request.form.get("form", ""), FORM_LIFE)
    is_fresh = len(opened) == 2 and opened[0] == "contact"
    return Form(
        replace(cleaned, product=known_product(cleaned.product, page_locale())),
        opened[1] if is_fresh else new_submission(),
        request.form.get("finder", "")[:_FINDER],
        frozenset(request.form.getlist("keep")),
        is_fresh,
    )


def _send(form: Form) -> str | Response | tuple[str, int]:
    if not may_send_contact():
        return _review_page(form, trouble="limited"), 429
    topic = topic_from(_matching(form))
    kept = tuple(item for item in _packet(form) if item.key in form.kept)
    try:
        receipt = take(form.submission, Channel.SITE, page_locale(), form.contact, topic, kept)
    except RecordsError as error:
        _log.error("a message could not be taken: %s", error)
        return _review_page(form, trouble="unsaved"), 503
    _note(Step.SENT)
    return redirect(page_of(receipt.number, "sent"), 303)


def _packet(form: Form) -> tuple[PacketItem, ...]:
    return packet_of(page_context(), form.finder)


def _matching(form: Form) -> AnswerResult | None:
    return matching(form.contact.message, page_locale(), page_context(), form.contact.product)


def _shown(form: Form) -> AnswerResult | None:
    """What matches, remembered as shown where there is something to show."""
    found = _matching(form)
    if found and _helps(found):
        _note(Step.SUGGESTED, found.about.name if found.about else "")
    return found


def _helps(found: AnswerResult) -> bool:
    return found.status is not AnswerStatus.NO_ANSWER and bool(found.search.hits)


def _note(step: Step, document: str = "") -> None:
    """Count a step; no customer waits or fails because it could not be counted."""
    if not is_person():
        return
    try:
        day = datetime.now(UTC).date()
        note_step(records().database, visitor(), day, step, page_locale(), document)
    except RecordsError as error:
        _log.error("a step through the contact form is not counted: %s", error)


def _form_page(
    form: Form, found: AnswerResult | None, wrong: dict[str, Fault] | None = None
) -> str:
    types = [(card, shelf().of(Kind.PRODUCT, card.slug)) for card in shelf().product_types]
    return _page(
        "site/contact_write.html",
        form,
        found,
        wrong=wrong or {},
        is_late=not form.is_fresh,
        products=types,
        asks_order=bool(form.contact.order_number) or topic_from(found).phase == _ASKS_ORDER,
    )


def _review_page(form: Form, *, is_late: bool = False, trouble: str = "") -> str:
    found = _shown(form)
    items = _packet(form)
    chosen = form.kept if "reviewed" in request.form else {item.key for item in items}
    return _page(
        "site/contact_review.html",
        form,
        found,
        is_late=is_late,
        trouble=trouble,
        items=[(item, named_document(searcher(), item.document, page_locale())) for item in items],
        chosen=chosen,
        product=named_document(searcher(), f"product/{form.contact.product}", page_locale()),
        asks_order=topic_from(found).phase == _ASKS_ORDER and not form.contact.order_number,
    )


def _page(template: str, form: Form, found: AnswerResult | None, **values: object) -> str:
    return render_page(
        template,
        in_all_locales("/contact/write"),
        contact_given=form.contact,
        finder=form.finder,
        token=signed("contact", form.submission),
        longest=LONGEST,
        **_beside(found),
        **values,
    )


def _beside(found: AnswerResult | None) -> dict[str, object]:
    """The team, and what may help."""
    topic = topic_from(found)
    helpful = found if found and _helps(found) else None
    about = found.about if helpful and found else None
    return {
        "found": helpful,
        "hits": helpful.search.hits[:_HITS] if helpful else (),
        "about": about.name if about else "",
        "person": handover(searcher().site, topic.team, page_locale()),
    }


def _part(values: dict[str, object]) -> dict[str, object]:
    return {"site": searcher().site, "locale": page_locale(), "shelf": shelf(), **values}
