"""the exchange"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "doctors_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("doctor", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctors_link")),
    )
    with op.batch_alter_table("doctors_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_doctors_link_doctor"), ["doctor"], unique=False)

    op.create_table(
        "person_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.String(length=32), nullable=False),
        sa.Column("responsible", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_event")),
    )
    with op.batch_alter_table("person_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_event_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_event_subject"), ["subject"], unique=False)

    op.create_table(
        "person_event_seal",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_person_event_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_person_event_seal_event_id")),
    )
    op.create_table(
        "party_address",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("street", sa.String(length=240), nullable=True),
        sa.Column("postcode", sa.String(length=10), nullable=True),
        sa.Column("fhir_endpoint", sa.String(length=500), nullable=True),
        sa.Column("token_endpoint", sa.String(length=500), nullable=True),
        sa.Column("fhir_client_id", sa.String(length=120), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_to", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["moved_to"], ["identity_organisation.id"], name=op.f("fk_party_address_moved_to")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_party_address_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_party_address")),
    )
    op.create_table(
        "party_response_time",
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("settled_by", sa.String(length=240), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_organisation"], ["identity_organisation.id"], name=op.f("fk_party_response_time_from_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["to_organisation"], ["identity_organisation.id"], name=op.f("fk_party_response_time_to_organisation")
        ),
        sa.PrimaryKeyConstraint("from_organisation", "to_organisation", "kind", name=op.f("pk_party_response_time")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("sex", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("bsn", sa.LargeBinary(), nullable=True),
        sa.Column("bsn_basis", sa.String(length=240), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deceased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_person_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "party_practitioner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("big", sa.String(length=11), nullable=True),
        sa.Column("uzi", sa.String(length=9), nullable=True),
        sa.Column("agb", sa.String(length=8), nullable=True),
        sa.Column("moved_to", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_party_practitioner_account_id")),
        sa.ForeignKeyConstraint(
            ["moved_to"], ["identity_organisation.id"], name=op.f("fk_party_practitioner_moved_to")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_party_practitioner_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_practitioner")),
        sa.UniqueConstraint("account_id", name=op.f("uq_party_practitioner_account_id")),
        sa.UniqueConstraint("big", name=op.f("uq_party_practitioner_big")),
    )
    with op.batch_alter_table("party_practitioner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_practitioner_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "referral_calendar_address",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["identity_account.id"], name=op.f("fk_referral_calendar_address_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_referral_calendar_address")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_referral_calendar_address_token_hash")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("from_account", sa.Uuid(), nullable=True),
        sa.Column("from_practitioner", sa.Uuid(), nullable=True),
        sa.Column("from_role", sa.String(length=32), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_practitioner", sa.Uuid(), nullable=True),
        sa.Column("to_role", sa.String(length=32), nullable=False),
        sa.Column("came_from", sa.Uuid(), nullable=True),
        sa.Column("agreement_version", sa.String(length=16), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.String(length=32), nullable=True),
        sa.Column("requested_by_worker", sa.Boolean(), nullable=False),
        sa.Column("client_identifier", sa.String(length=600), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["came_from"], ["referral.id"], name=op.f("fk_referral_came_from")),
        sa.ForeignKeyConstraint(
            ["from_organisation"], ["identity_organisation.id"], name=op.f("fk_referral_from_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["from_practitioner"], ["party_practitioner.id"], name=op.f("fk_referral_from_practitioner")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_referral_person_id")),
        sa.ForeignKeyConstraint(
            ["to_organisation"], ["identity_organisation.id"], name=op.f("fk_referral_to_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["to_practitioner"], ["party_practitioner.id"], name=op.f("fk_referral_to_practitioner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("reference", name=op.f("uq_referral_reference")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index("ix_referral_asked", ["to_organisation", "id"], unique=False)
        batch_op.create_index("ix_referral_asker", ["from_organisation", "id"], unique=False)
        batch_op.create_index("ix_referral_client", ["from_organisation", "client_identifier"], unique=False)
        batch_op.create_index("ix_referral_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_from_account"), ["from_account"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_trajectory"), ["trajectory"], unique=False)

    op.create_table(
        "referral_event",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_event_referral_id")),
        sa.PrimaryKeyConstraint("referral_id", "position", name=op.f("pk_referral_event")),
    )
    op.create_table(
        "referral_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_hash", sa.String(length=64), nullable=True),
        sa.Column("device_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_referral_link_organisation_id")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_link_referral_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_referral_link")),
    )
    with op.batch_alter_table("referral_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_link_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_link_referral_id"), ["referral_id"], unique=False)

    op.create_table(
        "referral_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("closed_because", sa.String(length=24), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["from_organisation"], ["identity_organisation.id"], name=op.f("fk_referral_message_from_organisation")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_message_referral_id")),
        sa.ForeignKeyConstraint(
            ["to_organisation"], ["identity_organisation.id"], name=op.f("fk_referral_message_to_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_message")),
    )
    with op.batch_alter_table("referral_message", schema=None) as batch_op:
        batch_op.create_index("ix_referral_message_referral", ["referral_id", "position"], unique=True)

    op.create_table(
        "referral_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("about", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_notice_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_notice")),
    )
    with op.batch_alter_table("referral_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_notice_referral_id"), ["referral_id"], unique=False)

    op.create_table(
        "referral_taken",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_referral_taken_organisation_id")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_taken_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_taken")),
        sa.UniqueConstraint("organisation_id", "identifier", name="uq_referral_taken_identifier"),
    )
    with op.batch_alter_table("referral_taken", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_taken_referral_id"), ["referral_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("provision", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_version", sa.String(length=16), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("representative", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_organisation"], ["identity_organisation.id"], name=op.f("fk_consent_from_organisation")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["referral_message.id"], name=op.f("fk_consent_message_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id")),
        sa.ForeignKeyConstraint(
            ["to_organisation"], ["identity_organisation.id"], name=op.f("fk_consent_to_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index("ix_consent_answer_by", ["state", "answer_by"], unique=False)
        batch_op.create_index("ix_consent_asker", ["from_organisation", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_message_id"), ["message_id"], unique=False)
        batch_op.create_index("ix_consent_person", ["person_id", "from_organisation", "to_organisation"], unique=False)
        batch_op.create_index("ix_consent_valid_until", ["state", "valid_until"], unique=False)

    op.create_table(
        "consent_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("rules_version", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["referral_message.id"], name=op.f("fk_consent_decision_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_decision")),
    )
    with op.batch_alter_table("consent_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_decision_message_id"), ["message_id"], unique=False)

    op.create_table(
        "referral_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["referral_message.id"], name=op.f("fk_referral_attachment_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["identity_organisation.id"], name=op.f("fk_referral_attachment_organisation_id")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_attachment_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_attachment")),
    )
    with op.batch_alter_table("referral_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_attachment_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_attachment_referral_id"), ["referral_id"], unique=False)

    op.create_table(
        "consent_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("factor", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("device_hash", sa.String(length=64), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_link_consent_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_consent_link")),
    )
    with op.batch_alter_table("consent_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_link_consent_id"), ["consent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_link_device_hash"), ["device_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_link_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("consent_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_link_expires_at"))
        batch_op.drop_index(batch_op.f("ix_consent_link_device_hash"))
        batch_op.drop_index(batch_op.f("ix_consent_link_consent_id"))

    op.drop_table("consent_link")
    with op.batch_alter_table("referral_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_attachment_referral_id"))
        batch_op.drop_index(batch_op.f("ix_referral_attachment_message_id"))

    op.drop_table("referral_attachment")
    with op.batch_alter_table("consent_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_decision_message_id"))

    op.drop_table("consent_decision")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index("ix_consent_valid_until")
        batch_op.drop_index("ix_consent_person")
        batch_op.drop_index(batch_op.f("ix_consent_message_id"))
        batch_op.drop_index("ix_consent_asker")
        batch_op.drop_index("ix_consent_answer_by")

    op.drop_table("consent")
    with op.batch_alter_table("referral_taken", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_taken_referral_id"))

    op.drop_table("referral_taken")
    with op.batch_alter_table("referral_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_notice_referral_id"))

    op.drop_table("referral_notice")
    with op.batch_alter_table("referral_message", schema=None) as batch_op:
        batch_op.drop_index("ix_referral_message_referral")

    op.drop_table("referral_message")
    with op.batch_alter_table("referral_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_link_referral_id"))
        batch_op.drop_index(batch_op.f("ix_referral_link_expires_at"))

    op.drop_table("referral_link")
    op.drop_table("referral_event")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_trajectory"))
        batch_op.drop_index(batch_op.f("ix_referral_person_id"))
        batch_op.drop_index(batch_op.f("ix_referral_from_account"))
        batch_op.drop_index("ix_referral_due")
        batch_op.drop_index("ix_referral_client")
        batch_op.drop_index("ix_referral_asker")
        batch_op.drop_index("ix_referral_asked")

    op.drop_table("referral")
    op.drop_table("referral_calendar_address")
    with op.batch_alter_table("party_practitioner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_practitioner_organisation_id"))

    op.drop_table("party_practitioner")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_organisation_id"))

    op.drop_table("person")
    op.drop_table("party_response_time")
    op.drop_table("party_address")
    op.drop_table("person_event_seal")
    with op.batch_alter_table("person_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_event_subject"))
        batch_op.drop_index(batch_op.f("ix_person_event_actor"))

    op.drop_table("person_event")
    with op.batch_alter_table("doctors_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_doctors_link_doctor"))

    op.drop_table("doctors_link")
