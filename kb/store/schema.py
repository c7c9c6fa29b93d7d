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


VERSION = "0003"  # of the newest migration

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
    Column("channel", String(16), nullable=False),  # site, api
    Column("locale", String(16), nullable=False),
    Column("question", Text, nullable=False),  # masked; "" once it was forgotten
    Column("status", String(16), nullable=False),  # of the answer
    Column("confidence", Float, nullable=False),
    Column("document", String(140), nullable=False),  # kind/id the answer is about; "" for none
    Column("phase", String(16), nullable=False),  # of that document; "" for none
    Column("team", String(120), nullable=False),  # that would take over
    Index(None, "at"),
    Index(None, "visitor", "at"),
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
    Column("source", String(16), nullable=False),  # vote, search, judgment, confirmation, staff
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
