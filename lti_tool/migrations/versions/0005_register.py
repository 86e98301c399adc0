"""The register's history and uploads: what an import changed, files that wait, requests that may mean several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import lti_tool.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns without a foreign key are added in place; another way would rewrite SQLite's whole register.
    op.add_column("learners", sa.Column("added_in", sa.Integer(), nullable=True))
    op.create_index("ix_learners_added_in", "learners", ["added_in"])
    op.add_column("audit", sa.Column("learner_id", sa.Integer(), nullable=True))
    op.create_index("ix_audit_learner_id", "audit", ["learner_id"])
    audit = sa.table("audit", sa.column("learner_id", sa.Integer), sa.column("detail", sa.JSON))
    op.execute(sa.update(audit).values(learner_id=audit.c.detail["learner"].as_integer()))
    op.add_column("imports", sa.Column("kind", sa.String(), nullable=False, server_default="siecle"))
    with op.batch_alter_table("binding_requests", schema=None) as batch_op:
        batch_op.alter_column("learner_id", existing_type=sa.Integer(), nullable=True)

    op.create_table(
        "import_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_changes_import_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_import_changes_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_changes")),
    )
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_changes_import_id_kind"), ["import_id", "kind"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=True),
        sa.Column("columns_confirmed", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("needs_confirmation", sa.Boolean(), nullable=False),
        sa.Column("deactivations_confirmed", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("created_at", lti_tool.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", lti_tool.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_uploads_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_uploads_person_id")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_uploads_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_school_id_created_at"), ["school_id", "created_at"], unique=False)

    op.create_table(
        "upload_faults",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("ine", sa.String(), nullable=True),
        sa.Column("pupil", sa.String(), nullable=True),
        sa.Column("column", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_faults_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_faults")),
    )
    with op.batch_alter_table("upload_faults", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_faults_upload_id_id"), ["upload_id", "id"], unique=False)

    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_parts")),
    )

    op.create_table(
        "binding_candidates",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_binding_candidates_learner_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["binding_requests.id"], name=op.f("fk_binding_candidates_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "learner_id", name=op.f("pk_binding_candidates")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM binding_requests WHERE learner_id IS NULL")
    for table in ("binding_candidates", "upload_parts", "upload_faults", "uploads", "import_changes"):
        op.drop_table(table)
    with op.batch_alter_table("binding_requests", schema=None) as batch_op:
        batch_op.alter_column("learner_id", existing_type=sa.Integer(), nullable=False)
    op.drop_column("imports", "kind")
    op.drop_index("ix_audit_learner_id", "audit")
    op.drop_column("audit", "learner_id")
    op.drop_index("ix_learners_added_in", "learners")
    op.drop_column("learners", "added_in")
