"""Retracted plans: since when a plan is given up for good, its issues with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("retracted_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("plans", "retracted_at")
