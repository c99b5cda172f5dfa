"""Makes the secrets of a compose run, once: `python -m deploy.keys FOLDER AGENCY ADDRESS FEDERATION`.

In FOLDER: each service's secrets (`secrets/<agency>/<service>/`), the federation file filled in with recipients and the
address, the front's configuration, and what the database, the broker and Keycloak need for their accounts. Files are
0600 and belong to the account that reads them. What is there already stays.
"""

import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from deploy.local.federation_file import fill_in
from deploy.local.services import database, make_secrets, written
from deploy.local.state import Local
from shared.events import SERVICES
from shared.federation import BadFederation, Federation, UnknownAgency

SERVICE_USER = 10001
POSTGRES_USER = 999
KAFKA_USER = 1000
KEYCLOAK_USER = 1000
SERVICE_PORT = 8000
FRONT_PORT = 8080


def make(folder: Path, agency: str, address: str, federation: Path) -> None:
    """Make what is not there yet. Raises BadFederation, UnknownAgency."""
    loaded = Federation.load(federation)
    loaded.agency(agency)
    local = Local(folder)
    local.folder.mkdir(parents=True, exist_ok=True)
    make_secrets(local, agency)
    fill_in(loaded, local, [agency], {agency: address})
    for part, names, owner in (
        ("postgres", ("admin",), POSTGRES_USER),
        ("kafka", ("admin", "controller"), KAFKA_USER),
        ("keycloak", ("admin", "samples"), KEYCLOAK_USER),
    ):
        (local.folder / part).mkdir(exist_ok=True, mode=0o700)
        for name in names:
            local.secret(local.folder / part / f"{name}.password")
        if part == "postgres":
            _copy_database_passwords(local, agency)
        _give(local.folder / part, owner)
    _give(local.folder / "secrets", SERVICE_USER)
    places = {service: f"{service}:{SERVICE_PORT}" for service in written()}
    front = {"host": "0.0.0.0", "port": FRONT_PORT, "agencies": {agency: places}}  # noqa: S104  # inside its container
    (local.folder / "front.json").write_text(json.dumps(front, indent=1))


def _copy_database_passwords(local: Local, agency: str) -> None:
    roles = local.folder / "postgres" / "roles"
    roles.mkdir(exist_ok=True, mode=0o700)
    for service in SERVICES:
        password = local.secret(local.secret_folder(agency, service) / "database.password")
        local.secret(roles / database(agency, service), partial(str, password))


def _give(folder: Path, owner: int) -> None:
    """Hand a folder with all it holds to an account (as root only; elsewhere it stays the caller's)."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, owner, owner)


def main() -> None:
    """Make the secrets; 2 for a bad federation file."""
    folder, agency, address, federation = sys.argv[1:]
    try:
        make(Path(folder), agency, address, Path(federation))
    except (BadFederation, UnknownAgency) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
