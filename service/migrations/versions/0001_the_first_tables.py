"""the first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.String(length=32), nullable=False),
        sa.Column("acts_for", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_object_id"), ["object_id"], unique=False)

    op.create_table(
        "idempotent_request",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotent_request")),
    )
    with op.batch_alter_table("idempotent_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotent_request_kept_since"), ["kept_since"], unique=False)
        batch_op.create_index(batch_op.f("ix_idempotent_request_location"), ["location"], unique=False)

    op.create_table(
        "identity_organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("agb", sa.String(length=8), nullable=True),
        sa.Column("ura", sa.String(length=8), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_organisation")),
        sa.UniqueConstraint("agb", name=op.f("uq_identity_organisation_agb")),
        sa.UniqueConstraint("name", name=op.f("uq_identity_organisation_name")),
        sa.UniqueConstraint("ura", name=op.f("uq_identity_organisation_ura")),
    )
    op.create_table(
        "identity_revocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_revocation")),
        sa.UniqueConstraint("kind", "value", "since", name="uq_identity_revocation"),
    )
    with op.batch_alter_table("identity_revocation", schema=None) as batch_op:
        batch_op.create_index("ix_identity_revocation_expires", ["expires_at"], unique=False)

    op.create_table(
        "identity_sign_in_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity_sign_in_attempt")),
    )
    with op.batch_alter_table("identity_sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_sign_in_attempt_last_at"), ["last_at"], unique=False)

    op.create_table(
        "identity_used_assertion",
        sa.Column("jti_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti_hash", name=op.f("pk_identity_used_assertion")),
    )
    with op.batch_alter_table("identity_used_assertion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_used_assertion_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("diagnosis", sa.String(length=240), nullable=True),
        sa.Column("occupation", sa.String(length=240), nullable=True),
        sa.Column("sector", sa.String(length=16), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("guideline", sa.String(length=32), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("minutes_spent", sa.Integer(), nullable=True),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("number", name=op.f("uq_notification_number")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index("ix_notification_owner", ["owner", "ordinal"], unique=False)
        batch_op.create_index("ix_notification_queue", ["state", "submitted_at", "id"], unique=False)

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
        batch_op.create_index(batch_op.f("ix_notification_batch_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index("ix_notification_batch_owner", ["owner", "ordinal"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.String(length=200), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("job", "subject", name="uq_outbox_job_subject"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["state", "due_at"], unique=False)

    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signal_owner"), ["owner"], unique=False)
        batch_op.create_index("ix_signal_state", ["state", "received_at", "id"], unique=False)

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
        "identity_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("big", sa.String(length=11), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("acts_for", sa.Uuid(), nullable=True),
        sa.Column("acts_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("defaults", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["acts_for"], ["identity_account.id"], name=op.f("fk_identity_account_acts_for")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_identity_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_account")),
        sa.UniqueConstraint("big", name=op.f("uq_identity_account_big")),
        sa.UniqueConstraint("login", name=op.f("uq_identity_account_login")),
    )
    with op.batch_alter_table("identity_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_account_acts_for"), ["acts_for"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_account_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_account_role"), ["role"], unique=False)

    op.create_table(
        "identity_oauth_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("grant_type", sa.String(length=32), nullable=False),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("jwks", sa.JSON(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_identity_oauth_client_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_oauth_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_identity_oauth_client_client_id")),
    )
    with op.batch_alter_table("identity_oauth_client", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_oauth_client_organisation_id"), ["organisation_id"], unique=False)

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
            ["batch_id"], ["notification_batch.id"], name=op.f("fk_notification_batch_row_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_batch_row")),
    )
    with op.batch_alter_table("notification_batch_row", schema=None) as batch_op:
        batch_op.create_index("ix_notification_batch_row_batch", ["batch_id", "status", "number"], unique=False)

    op.create_table(
        "notification_event",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_event_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", "position", name=op.f("pk_notification_event")),
    )
    op.create_table(
        "notification_member",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sex", sa.String(length=8), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=False),
        sa.Column("onset", sa.String(length=7), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_member_notification_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notification_member")),
    )
    with op.batch_alter_table("notification_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_member_notification_id"), ["notification_id"], unique=False)

    op.create_table(
        "notification_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_notice_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_notice")),
    )
    with op.batch_alter_table("notification_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_notice_owner"), ["owner"], unique=False)

    op.create_table(
        "notification_revision",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("guideline", sa.String(length=32), nullable=True),
        sa.Column("guideline_version", sa.String(length=32), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_revision_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", "revision", name=op.f("pk_notification_revision")),
    )
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

    op.create_table(
        "identity_authorization_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=False),
        sa.Column("scope", sa.String(length=2000), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_jti", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["identity_account.id"], name=op.f("fk_identity_authorization_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_authorization_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_identity_authorization_code_code_hash")),
    )
    with op.batch_alter_table("identity_authorization_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_authorization_code_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_authorization_code_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "identity_web_session",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["identity_account.id"], name=op.f("fk_identity_web_session_account_id")
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_identity_web_session")),
    )
    with op.batch_alter_table("identity_web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_web_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_web_session_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("identity_web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_web_session_expires_at"))
        batch_op.drop_index(batch_op.f("ix_identity_web_session_account_id"))

    op.drop_table("identity_web_session")
    with op.batch_alter_table("identity_authorization_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_authorization_code_expires_at"))
        batch_op.drop_index(batch_op.f("ix_identity_authorization_code_account_id"))

    op.drop_table("identity_authorization_code")
    with op.batch_alter_table("wire_submission", schema=None) as batch_op:
        batch_op.drop_index("ix_wire_submission_owner")
        batch_op.drop_index(batch_op.f("ix_wire_submission_notification_id"))
        batch_op.drop_index(batch_op.f("ix_wire_submission_client_identifier"))

    op.drop_table("wire_submission")
    op.drop_table("notification_revision")
    with op.batch_alter_table("notification_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notification_notice_owner"))

    op.drop_table("notification_notice")
    with op.batch_alter_table("notification_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notification_member_notification_id"))

    op.drop_table("notification_member")
    op.drop_table("notification_event")
    with op.batch_alter_table("notification_batch_row", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_batch_row_batch")

    op.drop_table("notification_batch_row")
    with op.batch_alter_table("identity_oauth_client", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_oauth_client_organisation_id"))

    op.drop_table("identity_oauth_client")
    with op.batch_alter_table("identity_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_account_role"))
        batch_op.drop_index(batch_op.f("ix_identity_account_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_identity_account_acts_for"))

    op.drop_table("identity_account")
    with op.batch_alter_table("wire_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_wire_attempt_owner")

    op.drop_table("wire_attempt")
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.drop_index("ix_signal_state")
        batch_op.drop_index(batch_op.f("ix_signal_owner"))

    op.drop_table("signal")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_due")

    op.drop_table("outbox")
    with op.batch_alter_table("notification_batch", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_batch_owner")
        batch_op.drop_index(batch_op.f("ix_notification_batch_expires_on"))

    op.drop_table("notification_batch")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_queue")
        batch_op.drop_index("ix_notification_owner")
        batch_op.drop_index(batch_op.f("ix_notification_fingerprint"))
        batch_op.drop_index(batch_op.f("ix_notification_expires_on"))

    op.drop_table("notification")
    with op.batch_alter_table("identity_used_assertion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_used_assertion_expires_at"))

    op.drop_table("identity_used_assertion")
    with op.batch_alter_table("identity_sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_sign_in_attempt_last_at"))

    op.drop_table("identity_sign_in_attempt")
    with op.batch_alter_table("identity_revocation", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_revocation_expires")

    op.drop_table("identity_revocation")
    op.drop_table("identity_organisation")
    with op.batch_alter_table("idempotent_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotent_request_location"))
        batch_op.drop_index(batch_op.f("ix_idempotent_request_kept_since"))

    op.drop_table("idempotent_request")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_object_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor"))

    op.drop_table("audit_event")
