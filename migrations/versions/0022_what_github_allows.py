"""How much of GitHub's own limit was left to each account when it last answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("allowed", "remaining"):
        op.add_column("allowances", sa.Column(name, sa.Integer()))
    for name in ("resets_at", "told_at"):
        op.add_column("allowances", sa.Column(name, sa.BigInteger()))


def downgrade() -> None:
    for name in ("told_at", "resets_at", "remaining", "allowed"):
        op.drop_column("allowances", name)
