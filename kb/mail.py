"""A letter to somebody: what is to be said, without how it is delivered.

`kb.store.mails.queue_mail` keeps it together with what caused it, until the outbox has it sent.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mail:
    to: str  # e-mail address
    subject: str  # one line
    text: str  # plain
    key: str  # says why it is sent: of two mails with the same key the second is dropped
