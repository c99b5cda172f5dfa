"""What forms share, whatever they enter."""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID, uuid4

SENSITIVE = "p-"
"""By what the name of an input begins whose words are kept in no draft, and on no page once a session has ended."""


def uuid_of(text: str) -> UUID | None:
    """The id that a form sent, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def form_id(once: str, values: Mapping[str, str]) -> UUID:
    """The id of what a form enters: sent twice it is one thing, gone back to and filled in anew it is another.

    `once` is the form's own id; the last four bytes are of what it says.
    """
    said = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).digest()
    return UUID(bytes=(uuid_of(once) or uuid4()).bytes[:12] + said[:4])
