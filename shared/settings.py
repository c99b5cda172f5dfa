"""What a service is told from outside, read once at its start.

Every setting is an environment variable with the prefix `GUONGSANG_`, or a line of `.env`. Secrets come as files
named by a `…_FILE` variable. What is missing or wrong is listed in one message, before anything starts.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock, offset_to

PREFIX = "GUONGSANG_"


class BadSettings(Exception):
    """A setting is missing or cannot be read; the text lists all of them."""


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
    smtp: str | None = Field(None, description="host:port of the mail relay")
    identity_provider: str | None = Field(None, description="issuer address of the OIDC provider")
    identity_provider_backchannel: str | None = Field(None, description="how this process reaches it, if otherwise")

    clock: date | None = Field(None, description="the domain clock starts on this day (its time of day is now)")
    clock_offset: float | None = Field(None, description="seconds by which the domain clock is moved; wins over clock")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

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
