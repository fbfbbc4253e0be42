"""The pace of writing: what was written to GitHub in the last hour, and until when nothing is to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("limits", sa.Integer(), nullable=False),
        sa.Column("of_writes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_allowances"),
    )
    op.create_table(
        "writes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_writes"),
    )
    op.create_index("ix_writes_account", "writes", ["account", "at"])


def downgrade() -> None:
    op.drop_table("writes")
    op.drop_table("allowances")
