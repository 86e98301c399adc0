"""Active learners of a school by division and name: an index that answers lists, counts and names of divisions."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ["school_id", "active", "division", "last_name", "first_name"]


def upgrade() -> None:
    op.create_index("ix_learners_school_id_active_division_last_name_first_name", "learners", COLUMNS)


def downgrade() -> None:
    op.drop_index("ix_learners_school_id_active_division_last_name_first_name", "learners")
