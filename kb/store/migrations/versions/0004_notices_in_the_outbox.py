"""Notices are sent from the outbox, too: its rows name a case or a mail."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("case", existing_type=sa.String(16), nullable=True)
        outbox.add_column(sa.Column("mail", sa.Integer(), nullable=True))
        outbox.create_foreign_key("fk_outbox_mail", "mails", ["mail"], ["id"], ondelete="CASCADE")
        outbox.create_index("ix_outbox_mail", ["mail"])
