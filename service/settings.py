"""Settings, read once from the environment (12-factor)."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Institution(BaseModel):
    """The institution for which notifications are received (Arbowet art. 9 lid 3: designated by the minister)."""

    name: str = "Nederlands Centrum voor Beroepsziekten (NCvB)"
    contact: str = "https://www.beroepsziekten.nl"
    legal_basis: str = "Arbowet artikel 9 lid 3; Arboregeling artikel 1.11"
    designated_until: str | None = "2027-12-31"
    receives_here: bool = Field(
        default=False, description="Whether this service is the institution's own register; if not, we pass on."
    )


class Settings(BaseSettings):
    """Everything that differs between one installation and another."""

    model_config = SettingsConfigDict(env_prefix="ARBOBRUG_", env_nested_delimiter="__", extra="ignore")

    data: Path = Path("var")
    base_url: str = "http://127.0.0.1:8000"
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    redis_may_forget: bool = Field(
        default=False, description="Start although Redis may lose what waits in it: it is handed out again, later."
    )
    lease_seconds: int = Field(
        default=60, ge=2, le=600, description="How long who handles a promise has it alone; time limits follow from it."
    )
    demo: bool = Field(default=False, description="Demo parties may sign in, and what they file is marked as demo.")
    signing_keys: Path | None = Field(default=None, description="Key file; default signing-keys.json in data.")
    person_keys: Path | None = Field(default=None, description="Key file; default person-keys.json in data.")
    audit_key: Path | None = Field(default=None, description="Key file; default audit-key.pem in data.")
    audit_heads: Path | None = Field(default=None, description="Signed heads; default audit-heads.jsonl in data.")
    access_token_seconds: int = Field(default=300, ge=30, le=300)
    session_minutes: int = Field(default=60, ge=5, le=12 * 60)
    smtp_url: str | None = Field(default=None, description="smtp://host:port; without it mail is kept in data/mail.")
    mail_from: str = "Arbobrug <noreply@arbobrug.example>"
    institution: Institution = Institution()

    @cached_property
    def storage_url(self) -> str:
        """Where the register is kept: the DATABASE_URL, or a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'arbobrug.db'}"

    @cached_property
    def lease(self) -> timedelta:
        """How long a promise that was handed out, or begun, is nobody else's."""
        return timedelta(seconds=self.lease_seconds)

    @cached_property
    def key_file(self) -> Path:
        """The file with the keys that sign tokens."""
        return self.signing_keys or self.data / "signing-keys.json"

    @cached_property
    def vault_file(self) -> Path:
        """The file with the keys that seal what identifies a worker. Keep it apart from the database's backups."""
        return self.person_keys or self.data / "person-keys.json"

    @cached_property
    def audit_key_file(self) -> Path:
        """The file with the key that signs the audit trail."""
        return self.audit_key or self.data / "audit-key.pem"

    @cached_property
    def audit_heads_file(self) -> Path:
        """Where the audit trail's signed heads are noted; best where who keeps the database cannot write."""
        return self.audit_heads or self.data / "audit-heads.jsonl"
