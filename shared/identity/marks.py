"""Somebody as events name them: a mark that two services make alike and nobody reads back into an identity."""

import hashlib


def mark_of(agency: str, identity: str) -> str:
    """The mark of an identity (`issuer|subject`) of that agency: 32 hexadecimal digits."""
    return hashlib.sha256(f"{agency}\n{identity}".encode()).hexdigest()[:32]
