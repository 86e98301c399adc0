"""Sessions that a frame without cookies hands over to a window of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import lti_tool.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hand_overs",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("expires_at", lti_tool.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_hand_overs_person_id")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_hand_overs_school_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_hand_overs")),
    )
    with op.batch_alter_table("hand_overs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_overs_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_hand_overs_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("hand_overs")
