"""Pages that visitors read, and what searches showed them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("searches", sa.Column("shown", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "reads",
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("document", sa.String(140), nullable=False),
        sa.Column("query_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visitor", "document", "query_id", name="pk_reads"),
    )
    op.create_index("ix_reads_at", "reads", ["at"])
    op.create_index("ix_reads_query_id", "reads", ["query_id"])
