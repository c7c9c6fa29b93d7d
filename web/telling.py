"""What is said about a case: to its team and its customer in words, to programs as data; and
notices, whose words are there already."""

from dataclasses import asdict
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from flask import Flask, current_app, g

from kb.cases import Case, Conversation, Message
from kb.delivery.jobs import Event, Job, Way
from kb.delivery.mail import make_mail, reply_to, send_mail
from kb.delivery.webhook import send_webhook
from kb.documents import Document
from kb.errors import DeliveryError, Undeliverable
from kb.mail import Mail
from kb.settings import Settings
from kb.store.cases import code_of, conversation, message_of
from kb.store.mails import mail_of
from web.documents import named_document
from web.json_views import handover
from web.live import searcher
from web.records import records

_TEMPLATES = {
    (Way.TEAM_MAIL, Event.CREATED): "mail/team_new.txt",
    (Way.TEAM_MAIL, Event.WRITTEN): "mail/team_more.txt",
    (Way.TEAM_MAIL, Event.REOPENED): "mail/team_more.txt",
    (Way.CUSTOMER_MAIL, Event.CREATED): "mail/received.txt",
    (Way.CUSTOMER_MAIL, Event.ANSWERED): "mail/answered.txt",
}


def tell(app: Flask, settings: Settings, job: Job) -> None:
    """Deliver one job. Raises DeliveryError when it failed, Undeliverable when it always will."""
    with app.app_context():
        database = records().database
        if job.mail is not None:
            send_mail(settings, _notice(settings, job, mail_of(database, job.mail)))
            return
        known = conversation(database, job.case)
        if known is None:
            raise Undeliverable("The case is not there any more.")
        message = message_of(database, job.message) if job.message else None
        if job.way is Way.WEBHOOK:
            data = _data(job, known.case, message)
            send_webhook(settings, job.id, data, datetime.now(UTC))
        else:
            send_mail(settings, _mail(settings, job, known, message))


def _data(job: Job, case: Case, message: Message | None) -> dict[str, Any]:
    """What a webhook gets; documented in docs/operating.md."""
    said = None
    if message:
        said = {**asdict(message), "at": message.at.isoformat()}
    return {
        "type": f"case.{job.event}",
        "timestamp": job.created.isoformat(),
        "data": {
            **asdict(case),
            "opened": case.opened.isoformat(),
            "changed": case.changed.isoformat(),
            "packet": [_item(asdict(item)) for item in case.packet],
            "message": said,
        },
    }


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "key"}


def _mail(
    settings: Settings, job: Job, known: Conversation, message: Message | None
) -> EmailMessage:
    case, site = known.case, searcher().site
    is_for_team = job.way is Way.TEAM_MAIL
    g.locale = site.default_locale if is_for_team else case.locale
    team = handover(site, case.topic.team, g.locale)
    recipient = (team["email"] if team else "") if is_for_team else case.contact.email
    if not recipient:
        raise Undeliverable("The team has no e-mail address in site.toml.")
    subject, _, text = _words(settings, job, known, message).partition("\n")
    mail = make_mail(
        job,
        sender=settings.smtp_sender or "",
        sender_name=site.name,
        to=recipient,
        subject=subject,
        text=text.lstrip("\n"),
    )
    if is_for_team:
        reply_to(mail, case.contact.email, case.contact.name)
    elif team and team["email"]:
        reply_to(mail, team["email"], team["title"])
    return mail


def _notice(settings: Settings, job: Job, mail: Mail | None) -> EmailMessage:
    if mail is None:
        raise Undeliverable("The mail was erased.")
    return make_mail(
        job,
        sender=settings.smtp_sender or "",
        sender_name=searcher().site.name,
        to=mail.to,
        subject=mail.subject,
        text=mail.text,
    )


def _words(settings: Settings, job: Job, known: Conversation, message: Message | None) -> str:
    """The subject on the first line, the text below."""
    case, site = known.case, searcher().site
    # Not Flask's render_template: what it adds is about a visitor's request.
    template = current_app.jinja_env.get_template(_TEMPLATES[job.way, job.event])
    return template.render(
        site=site,
        case=case,
        message=message,
        team=handover(site, case.topic.team, g.locale),
        # Only who receives the first mail to this address can have written the case.
        code=code_of(records().database, _key(), case.number),
        root=settings.public_url or "",
        days=settings.case_code_days,
        document=_document,
    )


def _document(name: str) -> Document | None:
    return named_document(searcher(), name, g.locale)


def _key() -> bytes:
    if not isinstance(current_app.secret_key, bytes):
        raise DeliveryError("There is no secret key to make the resume code with.")
    return current_app.secret_key
