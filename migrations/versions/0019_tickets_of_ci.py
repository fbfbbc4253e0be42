"""Tickets of CI: what lets a job elsewhere say once how an attempt went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ci_tickets",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text),
    )
    op.create_index("ix_ci_tickets_expires_at", "ci_tickets", ["expires_at"])


def downgrade() -> None:
    op.drop_table("ci_tickets")
