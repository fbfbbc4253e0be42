"""Deliveries that were looked at are found without reading all that wait for that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TRIED = sa.text("state IN ('resolved', 'failed')")


def upgrade() -> None:
    op.create_index("ix_inbox_tried", "inbox", ["seq"], sqlite_where=_TRIED, postgresql_where=_TRIED)


def downgrade() -> None:
    op.drop_index("ix_inbox_tried", "inbox")
