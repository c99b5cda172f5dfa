"""Parcels: personal content on the move, sealed to the one service that may read it.

The owner's side: `store` before the transaction whose event carries the `Sealed`. The reader's side: its consumer calls
`expect`, a `ParcelReader` fetches, opens and hands it to the service's receiver. Opening distrusts the sender.
"""

from shared.parcels.awaiting import AwaitedParcel, ParcelState, add_tables, again, expect, listed, trouble_of
from shared.parcels.moving import (
    LONGEST_FETCH,
    SWEPT_AFTER,
    Fetch,
    ParcelReader,
    Receiver,
    Receivers,
    Wanted,
    door_owner,
    forget,
    path_of,
    store,
    sweep,
    sweep_hourly,
)
from shared.parcels.packing import (
    MOST_DOSSIER,
    MOST_FILES,
    MOST_SEALED,
    BadParcel,
    FileEntry,
    Manifest,
    Opened,
    identities_of,
    open_parcel,
    pack,
    seal,
)

__all__ = [
    "LONGEST_FETCH",
    "MOST_DOSSIER",
    "MOST_FILES",
    "MOST_SEALED",
    "SWEPT_AFTER",
    "AwaitedParcel",
    "BadParcel",
    "Fetch",
    "FileEntry",
    "Manifest",
    "Opened",
    "ParcelReader",
    "ParcelState",
    "Receiver",
    "Receivers",
    "Wanted",
    "add_tables",
    "again",
    "door_owner",
    "expect",
    "forget",
    "identities_of",
    "listed",
    "open_parcel",
    "pack",
    "path_of",
    "seal",
    "store",
    "sweep",
    "sweep_hourly",
    "trouble_of",
]
