"""What a service is told from outside, read once at its start.

Every setting is an environment variable with the prefix `GUONGSANG_`, or a line of `.env`. Secrets come as files
named by a `…_FILE` variable. What is missing or wrong is listed in one message, before anything starts.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock, offset_to

PREFIX = "GUONGSANG_"


class BadSettings(Exception):
    """A setting is missing or cannot be read; the text lists all of them."""


class IdentityProvider(BaseModel):
    """One OpenID provider by which this agency's people may sign in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,30}$|^$", description="its word in the redirect address, /vao/xong/<id>"
    )
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$", description="its address, exactly as its tokens name it")
    name: str = Field("", max_length=80, description="what people read where they choose")
    client_id: str | None = Field(None, description="who we are there; the agency's id without it")
    client_secret_file: Path | None = None
    backchannel: str | None = Field(None, description="how this process reaches it, if not by the issuer's address")

    def client_secret(self) -> str | None:
        """The client's secret from its file, or none for a public client."""
        return _read(self.client_secret_file)


class Settings(BaseSettings):
    """The settings of one service process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    agency: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}$", description="id of the agency that this deployment serves")
    federation: Path = Field(description="the federation file (TOML)")
    environment: Literal["local", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535, description="where this process serves HTTP")
    address: str = Field(
        "http://127.0.0.1:8000", description="the agency's one public address, without a slash at its end"
    )

    database_url: str = Field(description="postgresql://user@host:port/database, without the password")
    database_password_file: Path | None = None

    kafka_servers: str = Field(description="host:port, several separated by commas")
    kafka_user: str | None = Field(None, description="SASL/SCRAM-SHA-512 user; none for a broker without accounts")
    kafka_password_file: Path | None = None
    kafka_static_member: str | None = Field(
        None,
        description="unique, stable group_instance_id of this process; none where the broker has no static membership",
    )

    door_quota: int = Field(
        2 * 1000**3, gt=0, description="bytes of parcels from one neighbour that may lie here, not yet taken"
    )

    objects: str = Field(description="object store: a folder, or s3://bucket/prefix")
    secrets: Path = Field(description="folder of this service's private keys and tokens (files 0600)")
    clamd: str | None = Field(None, description="the virus scanner: host:port, or a socket's path; none: not scanned")
    smtp: str | None = Field(None, description="host:port of the mail relay")
    identity_provider: str | None = Field(None, description="issuer address of the OIDC provider")
    identity_provider_backchannel: str | None = Field(None, description="how this process reaches it, if otherwise")
    identity_providers: tuple[IdentityProvider, ...] = Field(
        (), description="further providers, or all of them, as a JSON list; each pinned by its issuer"
    )

    session_idle: timedelta = Field(
        timedelta(hours=1), gt=timedelta(minutes=1), le=timedelta(hours=8), description="an unused session ends by then"
    )
    session_life: timedelta = Field(
        timedelta(hours=8), gt=timedelta(minutes=1), le=timedelta(hours=24), description="every session ends by then"
    )
    proxies: str = Field(
        "127.0.0.1", description="addresses or networks of the front, by commas: whose X-Forwarded-For is believed"
    )
    rate_scale: float = Field(1.0, gt=0, description="factor on every limit of requests, for what a load test needs")

    clock: date | None = Field(None, description="the domain clock starts on this day (its time of day is now)")
    clock_offset: float | None = Field(None, description="seconds by which the domain clock is moved; wins over clock")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _providers_differ(self) -> "Settings":
        for name in ("id", "issuer"):
            values = [getattr(provider, name) for provider in self.providers]
            if len(set(values)) != len(values):
                raise ValueError(f"two identity providers have the same {name}")
        if self.environment == "production" and any(not p.issuer.startswith("https://") for p in self.providers):
            raise ValueError("in production the issuer of an identity provider begins with https://")
        return self

    @property
    def providers(self) -> tuple[IdentityProvider, ...]:
        """Every provider, the one of `identity_provider` first."""
        if self.identity_provider is None:
            return self.identity_providers
        first = IdentityProvider(
            id="",
            issuer=self.identity_provider,
            name="",
            client_id=None,
            backchannel=self.identity_provider_backchannel,
        )
        return (first, *self.identity_providers)

    def make_clock(self) -> Clock:
        """The clock that these settings ask for."""
        if self.clock_offset is not None:
            return Clock(timedelta(seconds=self.clock_offset))
        if self.clock is not None:
            return Clock(offset_to(self.clock))
        return Clock()

    def database_password(self) -> str | None:
        """The database password from its file, or none."""
        return _read(self.database_password_file)

    def kafka_password(self) -> str | None:
        """The broker password from its file, or none."""
        return _read(self.kafka_password_file)


def _read(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().strip()
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror or error}") from None


def read() -> Settings:
    """Read the settings from the environment.

    Raises BadSettings with one line per missing or wrong variable.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        lines = [f"  {PREFIX}{'__'.join(str(part) for part in e['loc']).upper()}: {e['msg']}" for e in error.errors()]
        raise BadSettings("these settings are missing or wrong:\n" + "\n".join(lines)) from None
