"""A case to deliver, and the other side: a mail server and a web server on loopback."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from sqlalchemy import select

from kb.cases import Contact, ItemKind, PacketItem, Topic
from kb.feedback import Channel
from kb.store.cases import NewCase
from kb.store.database import Database
from kb.store.schema import outbox

NEW = NewCase(
    submission="s1",
    at=datetime.now(UTC),
    channel=Channel.SITE,
    locale="de",
    contact=Contact("Der Akku lädt nicht.\nWas tun?", "kim@example.org", "Kim Muster", "trek-7"),
    topic=Topic("workshop", 0.93, "article/battery-not-charging", "battery", "service"),
    packet=(
        PacketItem(ItemKind.SEARCH, "search:q", "Akku", "related", "article/battery-storage"),
        PacketItem(ItemKind.READ, "read:r", "", document="article/battery-storage", seconds=130),
        PacketItem(ItemKind.READ, "read:s", "", document="article/order-invoice"),
    ),
)


def jobs_of(database: Database, case: str) -> list[Any]:
    """Rows of the outbox: all that was or is to be told of a case, the oldest first."""
    mine = select(outbox).where(outbox.c.case == case)
    with database.read() as connection:
        return list(connection.execute(mine.order_by(outbox.c.created, outbox.c.id)).all())


class Mailbox:
    """Takes mail, or says what it is told to say."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.after_data = ""  # reply to a whole mail, instead of taking it
        self.to_recipient = ""  # reply to a recipient, instead of taking it
        self.to_login = ""  # reply to a login, instead of looking at it
        self.to_quit = ""  # reply to a farewell
        self.users: dict[bytes, bytes] = {}  # who may log in, with their passwords
        self.logins: list[bytes] = []  # names that were tried

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.after_data:
            return self.after_data
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self.to_quit or "221 Bye"

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login)
        if self.to_login:
            return AuthResult(success=False, handled=False, message=self.to_login)
        return AuthResult(
            success=self.users.get(given.login) == given.password,
            handled=False,
            message="535 5.7.8 Authentication credentials invalid",
        )


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


@contextmanager
def mail_server(port: int, box: Mailbox, **options: Any) -> Iterator[None]:
    """A mail server with these options of aiosmtpd's Controller and SMTP."""
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


class Hook:
    """Remembers what was posted, and answers with a status."""

    def __init__(self) -> None:
        self.status = 204
        self.posts: list[tuple[dict[str, str], bytes]] = []

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.posts]


@contextmanager
def web_server(port: int, hook: Hook, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((dict(self.headers), body))
            self.send_response(hook.status)
            if hook.status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{port}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
