"""Mail out, by SMTP. What an address or subject holds can never become another header."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from kb.delivery.jobs import Job
from kb.delivery.trust import trust_of, why_untrusted
from kb.emails import ascii_domain
from kb.errors import AddressError, DeliveryError, Undeliverable
from kb.settings import Settings

_PATIENCE = 20.0  # seconds for each step of the conversation
_LONGEST_SUBJECT = 150  # characters


def make_mail(
    job: Job, *, sender: str, sender_name: str, to: str, subject: str, text: str
) -> EmailMessage:
    """A mail whose Message-ID is the same at each attempt, so that a copy can be told as such."""
    domain = _ascii(sender).rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(sender, sender_name)
    mail["To"] = _mailbox(to)
    mail["Subject"] = one_line(subject)[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(job.created)
    mail["Message-ID"] = f"<{job.id}@{domain}>"
    if job.case:  # one conversation in the mail program
        mail["References"] = f"<case.{job.case}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no machine shall answer to it
    mail.set_content(text)
    return mail


def reply_to(mail: EmailMessage, address: str, name: str = "") -> None:
    """Let answers to this mail go there."""
    mail["Reply-To"] = _mailbox(address, name)


def send_mail(settings: Settings, mail: EmailMessage) -> None:
    """Hand a mail over to the server of the settings.

    When this returns, the server has taken it. When it raises, the server may still have taken it:
    the connection can break between its yes and our hearing it. Then the same Message-ID comes
    twice. Raises Undeliverable when the server knows no such recipient, else DeliveryError: what
    settings or certificates are to blame for is tried again, too, until somebody mends them.
    Neither names an address or a password.
    """
    with _conversation(settings) as server:
        server.send_message(mail)


def try_mail_server(settings: Settings) -> None:
    """Connect and log in as for a mail, and send none. Raises DeliveryError like `send_mail`."""
    with _conversation(settings):
        pass


@contextmanager
def _conversation(settings: Settings) -> Iterator[smtplib.SMTP]:
    """With the mail server, logged in; what it refuses is told in the product's errors."""
    try:
        with closing(_connected(settings)) as server:
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            yield server
            with suppress(OSError, smtplib.SMTPException):  # a mail that was taken is not sent anew
                server.quit()
    except smtplib.SMTPRecipientsRefused as error:
        code = min((code for code, _ in error.recipients.values()), default=0)
        kind = Undeliverable if code >= 500 else DeliveryError
        raise kind(f"The mail server refuses the recipient ({code}).") from None
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(
            f"The mail server refuses smtp_user with smtp_password ({error.smtp_code})."
        ) from None
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"The mail server refuses ({error.smtp_code}).") from None
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryError(f"The mail server lacks what is needed: {error}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(_sentence(error)) from None


def _connected(settings: Settings) -> smtplib.SMTP:
    """A connection as secret as the settings want it, and never less."""
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "ssl":
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=trust_of(settings))
    server = smtplib.SMTP(host, port, timeout=_PATIENCE)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=trust_of(settings))
        except BaseException:
            server.close()
            raise
    return server


def _sentence(error: Exception) -> str:
    """What went wrong before the server could say anything."""
    if why := why_untrusted(error):
        return f"The mail server's certificate is not trusted ({why}); see ca_file."
    if isinstance(error, ssl.SSLError):
        return f"No TLS with the mail server ({error.reason}); see smtp_port and smtp_security."
    return f"The mail server cannot be used ({type(error).__name__})."


def one_line(text: str) -> str:
    """What may stand in a header."""
    printable = (letter if letter.isprintable() else " " for letter in text)
    return " ".join("".join(printable).split())


def _mailbox(address: str, name: str = "") -> Address:
    try:
        return Address(display_name=one_line(name), addr_spec=_ascii(address))
    except (ValueError, IndexError) as error:  # what the standard library raises for bad ones
        raise Undeliverable("An address is not valid.") from error


def _ascii(address: str) -> str:
    """The address with its domain as mail servers write it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{ascii_domain(domain)}"
    except AddressError as error:
        raise Undeliverable("An address is not valid.") from error
