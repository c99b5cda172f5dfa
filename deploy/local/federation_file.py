"""The federation file of a run: the given one with the addresses and recipients of the agencies that run here."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyrage import x25519

from deploy.local.state import Local
from shared.events import SERVICES
from shared.federation import Federation, Key, Recipient
from shared.signatures import file_name, load_private, new_key, public_part

IDENTITY = "age-identities.txt"
TABLES = ("agency", "edge", "key", "recipient")


def fill_in(federation: Federation, local: Local, agencies: Sequence[str], addresses: dict[str, str]) -> Path:
    """Write the copy that services read, and return its path. Makes age identities and signing keys the first time.

    Private parts stay in each service's secrets folder (0600); the copy holds public parts only.
    """
    made = tuple(_recipient(federation, local, agency, service) for agency in agencies for service in SERVICES)
    keys = tuple(_key(federation, local, agency, service) for agency in agencies for service in SERVICES)
    known = {one.id for one in (*made, *keys)}
    filled = federation.model_copy(
        update={
            "agency_list": tuple(
                one.model_copy(update={"address": addresses.get(one.id, one.address)}) for one in federation.agency_list
            ),
            "keys": (*(one for one in federation.keys if one.id not in known), *keys),
            "recipients": (*(one for one in federation.recipients if one.id not in known), *made),
        }
    )
    path = local.folder / "federation.toml"
    half = path.with_suffix(".new")
    half.write_text(as_toml(filled))
    half.replace(path)
    Federation.load(path)
    return path


def as_toml(federation: Federation) -> str:
    """A federation as the text of a file."""
    tables = federation.model_dump(by_alias=True, exclude_none=True)
    lines = [f"{name} = {_value(tables[name])}" for name in ("version", "name")]
    for table in TABLES:
        for entry in tables[table]:
            lines += ["", f"[[{table}]]", *(f"{name} = {_value(value)}" for name, value in entry.items())]
    return "\n".join(lines) + "\n"


def _recipient(federation: Federation, local: Local, agency: str, service: str) -> Recipient:
    name = f"{agency}/{service}/1"

    def identity() -> str:
        made = x25519.Identity.generate()
        return f"# {name}\n# public key: {made.to_public()}\n{made}"

    text = local.secret(local.secret_folder(agency, service) / IDENTITY, identity)
    secret = next(line for line in text.splitlines() if not line.startswith("#"))
    public = str(x25519.Identity.from_str(secret).to_public())
    since = federation.agency(agency).since
    fields = {"id": name, "agency": agency, "service": service, "public": public, "from": since}
    return Recipient.model_validate(fields)


def _key(federation: Federation, local: Local, agency: str, service: str) -> Key:
    name = f"{agency}/{service}/1"
    path = local.secret_folder(agency, service) / file_name(name)
    local.secret(path, new_key)
    fields = {"id": name, "agency": agency, "service": service, "from": federation.agency(agency).since}
    return Key.model_validate({**fields, "public": public_part(load_private(path))})


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
