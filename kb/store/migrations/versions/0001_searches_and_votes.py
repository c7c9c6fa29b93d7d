"""Searches, votes, and the salts that make visitors of addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "salts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_salts"),
    )
    op.create_table(
        "searches",
        sa.Column("query_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("document", sa.String(140), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("team", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("query_id", name="pk_searches"),
    )
    op.create_index("ix_searches_at", "searches", ["at"])
    op.create_index("ix_searches_visitor_at", "searches", ["visitor", "at"])
    op.create_table(
        "votes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.String(140), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("place", sa.String(16), nullable=False),
        sa.Column("query_id", sa.String(32), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_votes"),
        sa.UniqueConstraint(
            "visitor", "day", "document", "place", name="uq_votes_visitor_day_document_place"
        ),
    )
    op.create_index("ix_votes_at", "votes", ["at"])
    op.create_index("ix_votes_document_at", "votes", ["document", "at"])
