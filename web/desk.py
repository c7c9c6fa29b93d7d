"""Where messages to the teams are taken: what contact form, case pages and API share."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from kb.cases import Contact, PacketItem, Topic, topic_of
from kb.context import Context
from kb.delivery.jobs import Way, ways_of
from kb.documents import Document, Kind
from kb.errors import RecordsError
from kb.feedback import Channel
from kb.settings import Settings
from kb.store.cases import NewCase, code_of, open_case
from search.results import AnswerResult
from web.delivery import wake_delivery
from web.documents import localized_document
from web.live import searcher
from web.records import has_records, records

KEY_LIFE = 30 * 60  # seconds that a page of a case stays open without being used
FORM_LIFE = 24 * 3600  # seconds in which a form that was opened can be sent
# Semantic search finds something for every text. Below this confidence it means nothing: of the
# example's 166 answerable judgments one lies there, and "asdf", a greeting, a football question.
LEAST_MATCH = 0.2
_EXTENSION = "desk"


@dataclass(frozen=True, slots=True)
class Desk:
    key: bytes  # makes resume codes, and tells the same person
    ways: frozenset[Way]  # how cases are told
    code_days: int  # that a resume code opens its case after the last change
    signer: URLSafeTimedSerializer


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the customer gets for a message."""

    number: str
    code: str
    topic: Topic


def open_desk(app: Flask, settings: Settings) -> bool:
    """Let `desk()` work where there is a secret key, as long as there are records to write to;
    False without a key."""
    app.jinja_env.globals["takes_contacts"] = takes_contacts
    key = app.secret_key
    if not isinstance(key, bytes):
        return False
    signer = URLSafeTimedSerializer(key, salt="desk")
    app.extensions[_EXTENSION] = Desk(key, ways_of(settings), settings.case_code_days, signer)
    return True


def takes_contacts() -> bool:
    """Whether messages to the teams are taken now."""
    return _EXTENSION in current_app.extensions and has_records()


def desk() -> Desk:
    """Raises RecordsError where no messages are taken."""
    if not takes_contacts():
        raise RecordsError("No messages are taken here: there are no records, or no secret key.")
    found: Desk = current_app.extensions[_EXTENSION]
    return found


def signed(*parts: str) -> str:
    """Parts that only this site can have put together, and when."""
    token = desk().signer.dumps(parts)
    return token.decode() if isinstance(token, bytes) else token


def unsigned(token: str, life: int) -> tuple[str, ...]:
    """The parts of a token that is not older than `life` seconds; none for any other text."""
    try:
        return tuple(map(str, desk().signer.loads(token, max_age=life)))
    except (BadSignature, TypeError):
        return ()


def new_submission() -> str:
    """The name of one message to come, however often it will be sent."""
    return secrets.token_hex(16)


def question_of(message: str) -> str:
    """The beginning of a message, as much of it as can be searched for."""
    settings: Settings = current_app.config["SETTINGS"]
    line = " ".join(message.split())
    if len(line) <= settings.query_max_length:
        return line
    return line[: settings.query_max_length].rpartition(" ")[0] or line[: settings.query_max_length]


def matching(message: str, locale: str, context: Context, product: str) -> AnswerResult | None:
    """What the help center knows of a message about a product; None of an empty one."""
    question = question_of(message)
    if not question:
        return None
    return searcher().answer(question, locale, replace(context, product=product))


def topic_from(found: AnswerResult | None) -> Topic:
    """What a message is about; with the default team when that cannot be told."""
    site = searcher().site
    hits = found.search.hits if found and found.confidence >= LEAST_MATCH else ()
    matches = [(hit.score, _topic(hit.document)) for hit in hits]
    return topic_of(matches, site.team_of(""))


def _topic(document: Document) -> Topic:
    return Topic(
        team=searcher().site.team_of(document.owner_team),
        confidence=1.0,
        document=document.name,
        category=document.category,
        phase=document.phase,
    )


def known_product(product: str, locale: str) -> str:
    """The id, where it is a product's; else ""."""
    known = localized_document(searcher(), Kind.PRODUCT, product, locale) if product else None
    return product if known is not None else ""


def take(
    submission: str,
    channel: Channel,
    locale: str,
    contact: Contact,
    topic: Topic,
    packet: tuple[PacketItem, ...],
) -> Receipt:
    """Open a case, or find the one that this submission opened; it is on disk when this returns."""
    database, where = records().database, desk()
    now = datetime.now(UTC)
    new = NewCase(submission, now, channel, locale, contact, topic, packet)
    number = open_case(database, where.key, new, where.ways)
    wake_delivery()
    return Receipt(number, code_of(database, where.key, number), topic)


def contact_of(given: Mapping[str, Any]) -> Contact:
    """The fields of a contact as they were sent, not yet cleaned."""
    names = ("message", "email", "name", "product", "order_number")
    return Contact(**{name: str(given.get(name) or "") for name in names})
