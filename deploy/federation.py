"""The federation file for whoever keeps it: is it right, and new keys.

    python -m deploy.federation check FILE [--running AGENCY …]
    python -m deploy.federation new-key AGENCY SERVICE --federation FILE --secrets FOLDER [--from DAY]

`check` says everything that is wrong, a line each; with `--running` also what those agencies lack to take part: an
address, and for each service a key and a recipient. `new-key` makes the next private key of a service in its secrets
folder and prints the table with the public part, to be entered into the file everybody shares. The old key goes on
signing until the new one's first day, which is best a few days ahead: then every reader knows the key before it signs.
After that give the old one `retired_at`. One that was stolen gets `revoked_at`, and its service's command `sign-anew`
sends again what it had signed.

Exit codes: 0 right or done, 2 a bad file or option.
"""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from shared.clock import local_date
from shared.events import SERVICES
from shared.federation import BadFederation, Federation, NoRecipient, UnknownAgency
from shared.signatures import file_name, load_private, new_key, public_part

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)


def lacking(federation: Federation, agency: str, on: date) -> Iterable[str]:
    """What an agency needs to take part on a day and does not have. Raises UnknownAgency."""
    if federation.agency(agency).address is None:
        yield f"agency {agency}: has no address"
    for service in SERVICES:
        keys = [one for one in federation.keys_of(agency, service) if one.since <= on]
        if not any((one.retired_at is None or on < one.retired_at) and one.revoked_at is None for one in keys):
            yield f"agency {agency}: {service} has no key in force on {on}: make one with new-key"
        try:
            federation.recipient(agency, service, on)
        except NoRecipient:
            yield f"agency {agency}: {service} has no recipient on {on}: nobody could seal a parcel for it"


@app.command()
def check(
    file: Path, running: Annotated[list[str] | None, typer.Option(help="Agencies that are to take part.")] = None
) -> None:
    """Say whether a federation file can be used."""
    federation = Federation.load(file)
    today = local_date(datetime.now(UTC))
    wrong = [line for agency in running or () for line in lacking(federation, agency, today)]
    if wrong:
        raise BadFederation(f"{file} is not complete:\n" + "\n".join(f"  {line}" for line in wrong))
    here = [one.id for one in federation.agencies(today)]
    typer.echo(f"{file}: {federation.name}, version {federation.version}, SHA-256 {federation.sha256}")
    typer.echo(f"today's agencies: {', '.join(here)}")


@app.command("new-key")
def make_key(
    agency: str,
    service: str,
    federation: Annotated[Path, typer.Option(help="The federation file.")],
    secrets: Annotated[Path, typer.Option(help="The service's secrets folder, which gets the private part.")],
    since: Annotated[str | None, typer.Option("--from", help="First day (YYYY-MM-DD); today without it.")] = None,
) -> None:
    """Make the next key of a service; its private part is written once and shown to nobody."""
    loaded = Federation.load(federation)
    loaded.agency(agency)
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service {service!r}")
    try:
        first = date.fromisoformat(since) if since else local_date(datetime.now(UTC))
    except ValueError:
        raise typer.BadParameter(f"--from {since}: not a day, write it like 2024-10-15") from None
    number = 1 + max((int(one.id.rpartition("/")[2]) for one in loaded.keys_of(agency, service)), default=0)
    while (secrets / file_name(f"{agency}/{service}/{number}")).exists():
        number += 1  # made before, and not yet entered
    key_id = f"{agency}/{service}/{number}"
    path = secrets / file_name(key_id)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as private:
        private.write(new_key())
    typer.echo(
        f'[[key]]\nid = "{key_id}"\nagency = "{agency}"\nservice = "{service}"\n'
        f'public = "{public_part(load_private(path))}"\nfrom = {first}'
    )


def main() -> None:
    """Run the command line; what is wrong is told line by line."""
    try:
        app()
    except (BadFederation, UnknownAgency, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
