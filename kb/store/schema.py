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


VERSION = "0002"  # of the newest migration

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

# What waits to be told outside. Rows name what to tell; the words are made when they are sent.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),  # idempotency key, the same at each attempt
    Column("case", String(16), ForeignKey("cases.number"), nullable=False),
    Column("event", String(16), nullable=False),
    Column("message", Integer, nullable=False),  # id of the message it is about; 0 for none
    Column("way", String(16), nullable=False),  # team_mail, customer_mail, webhook
    Column("state", String(16), nullable=False),  # waiting, sent, dead
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),  # not before
    Column("attempts", Integer, nullable=False),  # begun
    Column("claim", String(32), nullable=False),  # of the process that is sending; "" for none
    Column("lease", Moment, nullable=False),  # until when that claim holds
    Column("error", Text, nullable=False),  # of the last attempt; "" for none
    Index(None, "state", "due"),
    Index(None, "case"),
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
