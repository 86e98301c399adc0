"""The points that a teacher wants for the column of an activity added by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activities", sa.Column("points", sa.Integer(), nullable=False, server_default="100"))


def downgrade() -> None:
    op.drop_column("activities", "points")
