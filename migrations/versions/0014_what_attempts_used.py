"""What attempts have used, in columns that can be summed."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_attempts = sa.table(
    "attempts",
    sa.column("phase_id", sa.Text),
    sa.column("number", sa.Integer),
    sa.column("result", sa.Text),
    sa.column("tokens", sa.BigInteger),
    sa.column("cost", sa.Float),
)


def upgrade() -> None:
    op.add_column("attempts", sa.Column("tokens", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("attempts", sa.Column("cost", sa.Float(), nullable=False, server_default="0"))
    connection = op.get_bind()
    kept = sa.select(_attempts.c.phase_id, _attempts.c.number, _attempts.c.result)
    for phase, number, result in connection.execute(kept.where(_attempts.c.result.is_not(None))).all():
        said = json.loads(result)
        used = {"tokens": said.get("tokens", 0), "cost": said.get("cost", 0.0)}
        if any(used.values()):
            this = (_attempts.c.phase_id == phase, _attempts.c.number == number)
            connection.execute(_attempts.update().where(*this).values(**used))


def downgrade() -> None:
    op.drop_column("attempts", "cost")
    op.drop_column("attempts", "tokens")
