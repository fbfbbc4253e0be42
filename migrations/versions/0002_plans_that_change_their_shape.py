"""Plans that change their shape: phases can be removed and change places; how often that happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("phases", sa.Column("leaving", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("phases", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    op.drop_index("uq_phases_ordinal", "phases")
    op.create_index("ix_phases_ordinal", "phases", ["plan_id", "ordinal"])


def downgrade() -> None:
    op.drop_index("ix_phases_ordinal", "phases")
    # what was removed must not stand in the way of what took its place
    _of_removed = "(SELECT id FROM phases WHERE removed_at IS NOT NULL)"
    op.execute(f"DELETE FROM dependencies WHERE phase_id IN {_of_removed} OR needs_id IN {_of_removed}")
    op.execute(f"DELETE FROM phase_texts WHERE phase_id IN {_of_removed}")
    op.execute(f"DELETE FROM attempts WHERE phase_id IN {_of_removed}")
    op.execute("DELETE FROM phases WHERE removed_at IS NOT NULL")
    op.create_index("uq_phases_ordinal", "phases", ["plan_id", "ordinal"], unique=True)
    op.drop_column("phases", "removed_at")
    op.drop_column("phases", "leaving")
    op.drop_column("plans", "revision")
