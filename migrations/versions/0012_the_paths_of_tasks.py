"""The paths of tasks: which files a phase is about, so that two do not work on one at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phases", sa.Column("paths", sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("phases", "paths")
