"""What attempts bring besides their end, and phases whose conditions have been decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("result", sa.Text(), nullable=True))
    op.add_column("phases", sa.Column("admitted", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("phases", "admitted")
    op.drop_column("attempts", "result")
