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


VERSION = "0001"  # of the newest migration

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
