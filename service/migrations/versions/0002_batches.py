"""batches of notifications"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notification_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("guessed_encoding", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_batch")),
    )
    with op.batch_alter_table("notification_batch", schema=None) as batch_op:
        batch_op.create_index("ix_notification_batch_owner", ["owner", "ordinal"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_batch_expires_on"), ["expires_on"], unique=False)

    op.create_table(
        "notification_batch_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("what", sa.String(length=240), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("guideline", sa.String(length=32), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("alike", sa.String(length=16), nullable=True),
        sa.Column("alike_to", sa.String(length=20), nullable=True),
        sa.Column("notification_id", sa.Uuid(), nullable=True),
        sa.Column("notification_number", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["notification_batch.id"],
            name=op.f("fk_notification_batch_row_batch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_batch_row")),
    )
    with op.batch_alter_table("notification_batch_row", schema=None) as batch_op:
        batch_op.create_index("ix_notification_batch_row_batch", ["batch_id", "status", "number"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("notification_batch_row")
    op.drop_table("notification_batch")
