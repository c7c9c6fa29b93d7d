"""Deliveries over TLS to real servers: nothing goes to whom the certificate does not prove."""

import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from postbox import NEW, Hook, Mailbox, jobs_of, mail_server, web_server
from serving import free_port

from kb.delivery.jobs import JobState, Way
from kb.delivery.mail import send_mail
from kb.delivery.rounds import Round, deliver_due
from kb.delivery.webhook import send_webhook
from kb.errors import DeliveryError, SettingsError, Undeliverable
from kb.settings import Settings, load_settings
from kb.store.cases import open_case
from kb.store.database import Database
from kb.store.migrate import migrate
from kb.store.outbox import revive_dead_jobs

USER, PASSWORD = "help@example.org", "correct horse battery"
HERE = "127.0.0.1"
PRIVATE = (PASSWORD, USER, "kim@example.org")


class Office:
    """A mail server with a certificate of its own authority, and settings that lead to it."""

    def __init__(self, folder: Path, security: str) -> None:
        self.box, self.port, self.security = Mailbox(), free_port(), security
        self.box.users[USER.encode()] = PASSWORD.encode()
        self._authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))
        self.certify(HERE)

    def certify(self, name: str, **details: Any) -> None:
        """Let the server prove to be `name`."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name, **details).configure_cert(self.tls)

    def open(self, **options: Any) -> Any:
        login = {"authenticator": self.box.login, "auth_require_tls": self.security == "starttls"}
        implicit = self.security == "ssl"
        tls = {"ssl_context": self.tls} if implicit else {"tls_context": self.tls}
        return mail_server(self.port, self.box, **{**login, **tls, **options})

    def settings(self, **changed: Any) -> Settings:
        usual = {
            "smtp_host": HERE,
            "smtp_port": self.port,
            "smtp_security": self.security,
            "smtp_user": USER,
            "smtp_password": PASSWORD,
            "smtp_sender": "help@example.org",
            "ca_file": self.ca_file,
        }
        return load_settings({**usual, **changed})


@pytest.fixture(params=["starttls", "ssl"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    return Office(tmp_path, request.param)


@pytest.fixture
def starttls(tmp_path: Path) -> Office:
    return Office(tmp_path, "starttls")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.in_folder(tmp_path)
    migrate(opened)
    yield opened
    opened.close()


def mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "help@example.org", "kim@example.org", "Hallo"
    made.set_content("Der Akku lädt wieder.")
    return made


def refusal(settings: Settings) -> str:
    """The sentence that says why a mail was not sent this time."""
    with pytest.raises(DeliveryError) as refused:
        send_mail(settings, mail())
    assert not isinstance(refused.value, Undeliverable)
    sentence = str(refused.value)
    assert not any(secret in sentence for secret in PRIVATE)
    return sentence


def test_mail_goes_over_tls_with_a_login(office: Office) -> None:
    with office.open():
        send_mail(office.settings(), mail())
    assert office.box.logins == [USER.encode()]
    assert office.box.recipients == ["kim@example.org"]


def test_an_authority_nobody_told_us_of_is_not_trusted(office: Office) -> None:
    with office.open():
        sentence = refusal(office.settings(ca_file=None))
    assert sentence.startswith("The mail server's certificate is not trusted (")
    assert sentence.endswith("see ca_file.")
    assert (office.box.logins, office.box.mails) == ([], [])


def test_another_servers_certificate_is_not_trusted(office: Office) -> None:
    office.certify("mail.example.org")
    with office.open():
        assert "certificate is not trusted (IP address mismatch" in refusal(office.settings())
    assert (office.box.logins, office.box.mails) == ([], [])


def test_a_certificate_of_yesterday_is_not_trusted(office: Office) -> None:
    office.certify(HERE, not_after=datetime.now(UTC) - timedelta(days=1))
    with office.open():
        assert "not trusted (certificate has expired)" in refusal(office.settings())
    assert (office.box.logins, office.box.mails) == ([], [])


def test_without_starttls_nothing_is_said_in_the_open(starttls: Office) -> None:
    with starttls.open(tls_context=None, auth_require_tls=False):
        assert "STARTTLS" in refusal(starttls.settings())
    assert (starttls.box.logins, starttls.box.mails) == ([], [])


def test_tls_from_the_first_byte_with_a_server_that_speaks_plainly(tmp_path: Path) -> None:
    office = Office(tmp_path, "ssl")
    with office.open(ssl_context=None):
        sentence = refusal(office.settings())
    assert sentence.startswith("No TLS with the mail server (")
    assert "smtp_port" in sentence and "smtp_security" in sentence


def test_a_server_that_takes_no_login_gets_none(starttls: Office) -> None:
    with starttls.open(auth_exclude_mechanism=["PLAIN", "LOGIN"]):
        assert refusal(starttls.settings())
    assert (starttls.box.logins, starttls.box.mails) == ([], [])


def test_a_wrong_password_is_named_as_such_and_kept_secret(office: Office) -> None:
    office.box.users[USER.encode()] = b"another one"
    with office.open():
        sentence = refusal(office.settings())
    assert sentence == "The mail server refuses smtp_user with smtp_password (535)."


def test_a_login_that_fails_for_now_is_tried_again(starttls: Office) -> None:
    starttls.box.to_login = "454 4.7.0 Temporary authentication failure"
    with starttls.open():
        assert "(454)" in refusal(starttls.settings())
    assert starttls.box.mails == []


def test_what_waits_for_a_password_is_sent_when_it_is_right(
    starttls: Office, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ways = frozenset({Way.TEAM_MAIL})
    number = open_case(database, b"k" * 20, NEW, ways)
    wrong, right = starttls.settings(smtp_password="wrong horse"), starttls.settings()
    with caplog.at_level(logging.DEBUG, "kb"), starttls.open():
        first = deliver_due(database, ways, lambda _job: send_mail(wrong, mail()), attempts=1)
        assert first == Round(sent=0, failed=0, dead=1)
        (job,) = jobs_of(database, number)
        assert job.state == JobState.DEAD and "smtp_password (535)" in job.error
        revive_dead_jobs(database, datetime.now(UTC))
        again = deliver_due(database, ways, lambda _job: send_mail(right, mail()), attempts=1)
    assert again == Round(sent=1, failed=0, dead=0)
    assert "wrong horse" not in caplog.text + job.error
    assert PASSWORD not in caplog.text


def test_what_was_taken_is_not_sent_again_for_an_odd_farewell(office: Office) -> None:
    office.box.to_quit = "451 not yet"
    with office.open():
        send_mail(office.settings(), mail())
    assert len(office.box.mails) == 1


def test_a_webhook_may_have_its_certificate_from_the_same_authority(starttls: Office) -> None:
    hook, port = Hook(), free_port()
    where = {
        "webhook_url": f"https://{HERE}:{port}/hook",
        "webhook_secret": "a webhook secret",
    }
    with web_server(port, hook, starttls.tls):
        send_webhook(starttls.settings(**where), "id", {}, datetime.now(UTC))
        with pytest.raises(DeliveryError, match=r"certificate is not trusted \(.*see ca_file"):
            send_webhook(starttls.settings(**where, ca_file=None), "id", {}, datetime.now(UTC))
    assert len(hook.posts) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_without_certificates_is_refused_at_the_start(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "wrong.pem"
    if content:
        file.write_text(content)
    with pytest.raises(SettingsError, match="ca_file: .* certificates"):
        load_settings({"ca_file": file})


def test_a_password_that_servers_would_read_differently_is_refused(starttls: Office) -> None:
    with pytest.raises(SettingsError, match="ASCII") as refused:
        starttls.settings(smtp_password="schlüssel")
    assert "schl" not in str(refused.value)
