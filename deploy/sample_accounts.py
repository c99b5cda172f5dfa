"""The sample accounts of a local installation, as the embedded identity provider reads them."""

import json
from dataclasses import dataclass
from pathlib import Path

from shared.identity.people import BadRole, Role


class BadAccounts(Exception):
    """The file of sample accounts cannot be used; the text says why."""


@dataclass(frozen=True)
class Account:
    """A sample person of one agency; the subject is unique within it."""

    subject: str
    name: str
    agency: str
    roles: tuple[Role, ...]
    email: str = ""


def read_accounts(path: Path) -> tuple[Account, ...]:
    """Read `[{sub, name, agency, email?, roles: [{role, unit, from, until}]}]`. Raises BadAccounts."""
    try:
        accounts = tuple(
            Account(
                str(a["sub"]),
                str(a["name"]),
                str(a["agency"]),
                tuple(Role.from_claim(r) for r in a["roles"]),
                str(a.get("email", "")),
            )
            for a in json.loads(path.read_text())
        )
    except (OSError, ValueError, KeyError, TypeError, BadRole) as error:
        raise BadAccounts(f"the accounts cannot be read from {path}: {error}") from None
    if len({(account.agency, account.subject) for account in accounts}) != len(accounts):
        raise BadAccounts(f"{path}: two accounts of one agency have the same sub")
    return accounts
