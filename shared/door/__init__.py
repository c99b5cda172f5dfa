"""The door between agencies: the lower one brings and fetches parcels, the upper one listens.

A child's service calls `PUT` and `GET /door/<service>/parcels/{id}` at its parent's service of the same name, each time
with a token signed by its key of the federation file. Addresses come from that file only. What was brought lies below
`owner_of(child)` until an event of the child names it and it is taken; what was offered lies where `parcels.store`
wrote it.
"""

from shared.door.calling import LINK_PAUSES, DoorAway, DoorRefused, fetch, path, send
from shared.door.keeping import join, sweep
from shared.door.serving import router
from shared.door.tables import add_tables, offer, offered
from shared.outside import NoAddress
from shared.parcels import LONGEST_FETCH as LONGEST
from shared.parcels import door_owner


def owner_of(agency: str, service: str = "review") -> str:
    """The `owner` of parcels that this neighbour brought: "review/door/tan-binh"."""
    return door_owner(service, agency)


__all__ = [
    "LINK_PAUSES",
    "LONGEST",
    "DoorAway",
    "DoorRefused",
    "NoAddress",
    "add_tables",
    "fetch",
    "join",
    "offer",
    "offered",
    "owner_of",
    "path",
    "router",
    "send",
    "sweep",
]
