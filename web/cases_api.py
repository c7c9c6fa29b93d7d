"""Contacts and cases for programs: what chat bots and apps send and read."""

import hashlib
import json
import re
from datetime import UTC, datetime

from flask import Response, request
from werkzeug.exceptions import BadRequest, NotFound, TooManyRequests

from kb.cases import Contact, Conversation, Message, PacketItem
from kb.contact_rules import LONGEST, Fault, FieldFault, clean_contact, faults
from kb.context import NO_CONTEXT
from kb.feedback import Channel
from kb.store.cases import conversation, may_open
from kb.store.feedback import search_by_id
from kb.store.reads import reads_from
from web import shapes
from web.desk import contact_of, desk, known_product, matching, new_submission, take, topic_from
from web.documents import named_document
from web.json_bodies import json_object
from web.json_views import handover, json_response, reference
from web.language import locale_code, locale_with_pages
from web.limits import may_send_contact, may_try_code
from web.live import searcher
from web.packet import MOST, read_items, search_item
from web.records import records

LARGEST = 64_000  # bytes of a body
CODE_HEADER = "Resume-Code"
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{8,60}")
_FIELDS = {*LONGEST, "locale", "query_id"}


def send_contact() -> Response:
    """POST /api/v1/contacts: a message to the team that fits."""
    given = json_object(LARGEST, _FIELDS)
    locale = locale_code(given.get("locale", ""), searcher().site)
    contact = clean_contact(contact_of(given))
    if wrong := faults(contact):
        raise BadRequest(" ".join(map(_sentence, wrong)))
    if contact.product and not known_product(contact.product, locale):
        raise BadRequest(f"There is no product {contact.product!r}.")
    if not may_send_contact():
        raise TooManyRequests(
            "Too many messages came from this address within an hour.", retry_after=3600
        )
    topic = topic_from(matching(contact.message, locale, NO_CONTEXT, contact.product))
    packet = _packet(str(given.get("query_id") or ""))
    receipt = take(_submission(contact), Channel.API, locale, contact, topic, packet)
    reply: shapes.ContactReply = {
        "number": receipt.number,
        "code": receipt.code,
        "url": f"/{locale_with_pages(locale, searcher().site)}/cases/{receipt.number}",
        "handover": handover(searcher().site, receipt.topic.team, locale),
    }
    return json_response(reply, 201)


def read_case(number: str) -> Response:
    """GET /api/v1/cases/{number}: state and messages, for who has the code."""
    known = opened_case(number, request.headers.get(CODE_HEADER, ""))
    if known is None:
        raise NotFound(f"No case opens with this number and {CODE_HEADER}.")
    return json_response(_case(known))


def opened_case(number: str, code: str) -> Conversation | None:
    """The case that opens with this code; None for a wrong code and a wrong number alike.

    Raises TooManyRequests when this address has tried too often.
    """
    if not may_try_code():
        raise TooManyRequests("Too many tries from this address within a minute.", retry_after=60)
    where, now = desk(), datetime.now(UTC)
    if not may_open(records().database, where.key, number, code, now, where.code_days):
        return None
    return conversation(records().database, number)


def _sentence(wrong: FieldFault) -> str:
    said = {
        Fault.MISSING: "is missing",
        Fault.TOO_LONG: f"has more than {LONGEST[wrong.field]} characters",
        Fault.NO_ADDRESS: "is no complete e-mail address",
        Fault.FOREIGN: "has letters before the @ that many mail servers do not take",
    }
    return f"{wrong.field} {said[wrong.fault]}."


def _submission(contact: Contact) -> str:
    given = request.headers.get(KEY_HEADER)
    if given is None:
        return new_submission()
    if not _KEY.fullmatch(given):
        raise BadRequest(f"{KEY_HEADER} must be 8 to 60 visible ASCII characters.")
    # With other words the same key is another message: nobody gets a stranger's code by its key.
    said = json.dumps([given, contact.email, contact.message]).encode()
    return hashlib.sha256(said).hexdigest()


def _packet(query_id: str) -> tuple[PacketItem, ...]:
    """The question asked before, if it was remembered, and what was read of its results."""
    search = search_by_id(records().database, query_id) if query_id else None
    if search is None:
        return ()
    question = [search_item(search)] if search.question else []
    return (*question, *read_items(reads_from(records().database, query_id))[-MOST:])


def _case(known: Conversation) -> shapes.CaseReply:
    case = known.case
    return {
        "number": case.number,
        "state": case.state.value,
        "opened": case.opened.isoformat(),
        "changed": case.changed.isoformat(),
        "locale": case.locale,
        "handover": handover(searcher().site, case.topic.team, case.locale),
        "messages": [_message(message, case.locale) for message in known.messages],
    }


def _message(message: Message, locale: str) -> shapes.CaseMessage:
    document = named_document(searcher(), message.document, locale)
    return {
        "at": message.at.isoformat(),
        "author": message.author.value,
        "text": message.text,
        "article": reference(document) if document else None,
    }
