"""How far the lists of a tracker were read, and why a project is paused that nobody has paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("paused_for", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("cursors")
    op.drop_column("projects", "paused_for")
