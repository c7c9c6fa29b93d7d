"""The tables of the records: what visitors and staff did.

Only `kb.store` names tables. A change needs a migration in `kb/store/migrations/versions`; a test
compares what the migrations make with what stands here.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """A point in time: kept in UTC, since SQLite keeps no zones, and given back with its zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


VERSION = "0005"  # of the newest migration

# Names that a later migration can refer to, the same on SQLite and PostgreSQL.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What turns addresses into visitors of one day; deleted with the day.
salts = Table(
    "salts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
)

searches = Table(
    "searches",
    metadata,
    Column("query_id", String(32), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("visitor", String(32), nullable=False),
    Column("channel", String(16), nullable=False),  # site, widget, api
    Column("locale", String(16), nullable=False),
    Column("question", Text, nullable=False),  # masked; "" once it was forgotten
    Column("status", String(16), nullable=False),  # of the answer; listed: none was looked for
    Column("confidence", Float, nullable=False),
    Column("document", String(140), nullable=False),  # kind/id the answer is about; "" for none
    Column("phase", String(16), nullable=False),  # of that document; "" for none
    Column("team", String(120), nullable=False),  # that would take over
    Column("shown", Text, nullable=False, server_default=""),  # kind/id, one a line, from the top
    Index(None, "at"),
    Index(None, "visitor", "at"),
)

# Visitors have another name every day, so each row is one visitor's day, document and search.
reads = Table(
    "reads",
    metadata,
    Column("visitor", String(32), primary_key=True),
    Column("document", String(140), primary_key=True),  # kind/id
    Column("query_id", String(32), primary_key=True),  # of the search that led there; "" for none
    Column("at", Moment, nullable=False),  # opened first
    Column("locale", String(16), nullable=False),
    Column("rank", Integer, nullable=False),  # among what that search showed; 0 if not known
    Column("seconds", Integer, nullable=False),  # in sight; 0 if nobody measured it, or forgotten
    Index(None, "at"),
    Index(None, "query_id"),
)

votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visitor", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("document", String(140), nullable=False),  # kind/id
    Column("locale", String(16), nullable=False),
    Column("place", String(16), nullable=False),  # article, answer
    Column("query_id", String(32), nullable=False),  # of the search before it; "" for none
    Column("solved", Boolean, nullable=False),
    Column("reason", String(32), nullable=False),  # "" for none
    Column("comment", Text, nullable=False),  # masked; "" for none
    Column("at", Moment, nullable=False),  # of the last change
    UniqueConstraint("visitor", "day", "document", "place"),
    Index(None, "document", "at"),
    Index(None, "at"),
)

cases = Table(
    "cases",
    metadata,
    Column("number", String(16), primary_key=True),  # random: 4827-1935
    Column("salt", LargeBinary, nullable=False),  # of the resume code
    Column("submission", String(64), nullable=False),  # name of the form or request it came with
    Column("opened", Moment, nullable=False),
    Column("changed", Moment, nullable=False),  # of the last message or state
    Column("state", String(16), nullable=False),  # open, answered, solved, closed
    Column("channel", String(16), nullable=False),  # site, api
    Column("locale", String(16), nullable=False),
    Column("email", String(254), nullable=False),
    Column("email_key", String(64), nullable=False),  # HMAC, to tell the same person
    Column("name", String(100), nullable=False),
    Column("product", String(120), nullable=False),  # id; "" for none
    Column("order_number", String(40), nullable=False),
    Column("team", String(120), nullable=False),
    Column("confidence", Float, nullable=False),  # in the team
    Column("document", String(140), nullable=False),  # kind/id of what it is about; "" for none
    Column("category", String(120), nullable=False),  # of that document; "" for none
    Column("phase", String(16), nullable=False),  # of that document; "" for none
    Column("packet", Text, nullable=False),  # JSON: what the customer let go along
    Column("repeat_of", String(16), nullable=False),  # an earlier case; "" for none
    Column("repeated_by", String(16), nullable=False),  # a later one; "" for none
    Column("missing", Text, nullable=False),  # the article that was missing; "" for none
    UniqueConstraint("submission"),
    Index(None, "email_key", "opened"),
    Index(None, "state", "changed"),
    Index(None, "opened"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(16), ForeignKey("cases.number"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("author", String(16), nullable=False),  # customer, team
    Column("text", Text, nullable=False),
    Column("document", String(140), nullable=False),  # kind/id the team refers to; "" for none
    Index(None, "case", "id"),
)

# What waits to be told outside. Rows name what to tell: something about a case, put into words when
# it is sent, or a notice out of `mails`.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),  # idempotency key, the same at each attempt
    Column("case", String(16), ForeignKey("cases.number"), nullable=True),  # none of a notice
    Column("mail", Integer, ForeignKey("mails.id", ondelete="CASCADE"), nullable=True),
    Column("event", String(16), nullable=False),
    Column("message", Integer, nullable=False),  # id of the message it is about; 0 for none
    Column("way", String(16), nullable=False),  # team_mail, customer_mail, webhook, notice
    Column("state", String(16), nullable=False),  # waiting, sent, dead
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),  # not before
    Column("attempts", Integer, nullable=False),  # begun
    Column("claim", String(32), nullable=False),  # of the process that is sending; "" for none
    Column("lease", Moment, nullable=False),  # until when that claim holds
    Column("error", Text, nullable=False),  # of the last attempt; "" for none
    Index(None, "state", "due"),
    Index(None, "case"),
    Index(None, "mail"),
)

# Steps of visitors through the contact form, each once a day; no moment, so that nobody can tell
# which case a visitor's day belongs to.
contact_steps = Table(
    "contact_steps",
    metadata,
    Column("visitor", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("step", String(16), primary_key=True),  # started, suggested, solved, sent
    Column("document", String(140), nullable=False),  # kind/id that was shown or helped; "" if none
    Column("locale", String(16), nullable=False),
    Index(None, "day"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),  # in lower case
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),  # as argon2 writes it, with its parameters
    Column("stamp", String(32), nullable=False),  # sessions that hold another one have ended
    Column("disabled", Boolean, nullable=False),
    Column("created", Moment, nullable=False),
    Column("signed_in", Moment, nullable=True),  # the last time
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False),  # HMAC of the address or the account, of one day
    Column("at", Moment, nullable=False),
    Index(None, "key", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("staff", String(254), nullable=False),  # e-mail address, or "command line"
    Column("action", String(40), nullable=False),  # task.accept, user.disable …
    Column("target", String(254), nullable=False),
    Index(None, "at"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # article, gap, question
    Column("document", String(140), nullable=False),  # kind/id; "" for a gap
    Column("locale", String(16), nullable=False),  # "" for an article: all its languages
    Column("title", Text, nullable=False),  # the question; "" for an article, or forgotten
    Column("team", String(120), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # open, accepted, done, dismissed
    Column("opened", Moment, nullable=False),
    Column("changed", Moment, nullable=False),  # of the state
    Column("merged_into", Integer, nullable=True),  # id of another task
    Column("fixed_by", String(64), nullable=False),  # commit; "" for none
    Index(None, "state"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Integer, ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("source", String(16), nullable=False),  # one of kb.tasks.Source
    Column("reference", String(64), nullable=False),  # what it is called there
    Column("visitor", String(32), nullable=False),  # "" for none
    Column("at", Moment, nullable=False),
    UniqueConstraint("source", "reference"),
    Index(None, "task"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(32), primary_key=True),  # random; the links in mails hold it, signed
    Column("email", String(254), nullable=False),  # in lower case
    Column("visitor", String(32), nullable=False),  # who asked, of that day
    Column("locale", String(16), nullable=False),
    Column("vote", Integer, ForeignKey("votes.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),  # asked, confirmed, told, solved
    Column("consent", Text, nullable=False),  # the words that were agreed to
    Column("round", Integer, nullable=False),  # how often it was reopened
    Column("asked", Moment, nullable=False),
    Column("changed", Moment, nullable=False),  # of the state
    UniqueConstraint("email", "vote"),
    Index(None, "vote"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),  # each is queued once
    Column("recipient", String(254), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("queued", Moment, nullable=False),
    Index(None, "recipient"),
)
