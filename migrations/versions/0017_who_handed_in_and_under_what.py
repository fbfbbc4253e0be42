"""Who has handed a plan in, the commit of the policy that its rules come from, and where the last right policy was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ADDED = (("plans", "made_by"), ("plans", "policy"), ("policies", "read_at"))


def upgrade() -> None:
    for table, column in _ADDED:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for table, column in reversed(_ADDED):
        op.drop_column(table, column)
