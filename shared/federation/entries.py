"""What stands in the federation file: agencies, their dated edges, keys, recipients."""

import base64
import binascii
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

ID = r"^[a-z][a-z0-9-]{1,30}$"


class Entry(BaseModel):
    """One table of the file. Unknown fields are mistakes (a misspelt `until` would hold for ever)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Dated(Entry):
    """An entry that holds from a day until, exclusively, another (open without it)."""

    since: date = Field(alias="from")
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the entry is in force on that day."""
        return self.since <= on and (self.until is None or on < self.until)

    def overlaps(self, other: "Dated") -> bool:
        """Whether both are in force on some common day."""
        return (other.until is None or self.since < other.until) and (self.until is None or other.since < self.until)


class Agency(Dated):
    """An organisation that deploys the system. `tier` is a label: no code knows its meaning."""

    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, description="in full, Vietnamese")
    short: str = Field(min_length=1)
    mark: str = Field(pattern=r"^[A-Z0-9]{2,8}$", description="begins the codes of its nominations, TB-24-0001")
    tier: str
    line: str
    address: str | None = Field(
        None, pattern=r"^https?://[^/\s]+$", description="public address, without a slash at its end"
    )


class Edge(Dated):
    """`parent` stands above `child` in a line."""

    child: str
    parent: str
    line: str


class Owned(Entry):
    """Something that belongs to a service of an agency and is called `<agency>/<service>/<number>`."""

    id: str
    agency: str
    service: str
    since: date = Field(alias="from")


class Key(Owned):
    """A public Ed25519 key for signatures. After `retired_at` older events still verify; what arrives after
    `revoked_at` is refused."""

    public: str
    retired_at: date | None = None
    revoked_at: date | None = None

    @field_validator("public")
    @classmethod
    def _raw_ed25519(cls, text: str) -> str:
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            raw = b""
        if len(raw) != 32:
            raise ValueError("must be 32 bytes in base64 (a raw Ed25519 public key)")
        return text


class Recipient(Owned):
    """Whom a parcel for a service is sealed to (age, X25519)."""

    public: Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]
