"""submissions by FHIR"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "wire_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(length=300), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wire_attempt")),
    )
    with op.batch_alter_table("wire_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_wire_attempt_owner", ["owner", "identifier"], unique=False)

    op.create_table(
        "wire_submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(length=300), nullable=False),
        sa.Column("client_identifier", sa.String(length=600), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_wire_submission_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wire_submission")),
        sa.UniqueConstraint("owner", "identifier", name="uq_wire_submission_identifier"),
    )
    with op.batch_alter_table("wire_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wire_submission_client_identifier"), ["client_identifier"], unique=False)
        batch_op.create_index(batch_op.f("ix_wire_submission_notification_id"), ["notification_id"], unique=False)
        batch_op.create_index("ix_wire_submission_owner", ["owner", "ordinal"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("wire_submission", schema=None) as batch_op:
        batch_op.drop_index("ix_wire_submission_owner")
        batch_op.drop_index(batch_op.f("ix_wire_submission_notification_id"))
        batch_op.drop_index(batch_op.f("ix_wire_submission_client_identifier"))

    op.drop_table("wire_submission")
    with op.batch_alter_table("wire_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_wire_attempt_owner")

    op.drop_table("wire_attempt")
