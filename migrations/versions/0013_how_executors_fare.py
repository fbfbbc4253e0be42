"""How executors fare: the last ends of attempts at each are found by an index."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attempts_executor", "attempts", ["executor", "finished_at"])


def downgrade() -> None:
    op.drop_index("ix_attempts_executor", "attempts")
