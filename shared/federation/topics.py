"""Which topics a service writes and which it reads, as the file says for a day."""

from datetime import date
from typing import NamedTuple

from shared.events import SERVICES, Door, doors_of, topic
from shared.federation.entries import Agency
from shared.federation.file import Federation

PARTITIONS = {Door.INTERNAL: 6, Door.TO: 3, Door.CHILDREN: 3, Door.PUBLIC: 3}


class Topic(NamedTuple):
    """A topic to declare, and its number of partitions."""

    name: str
    partitions: int


def readable_topics(federation: Federation, agency: str, service: str, on: date) -> tuple[str, ...]:
    """The topics that a service of an agency reads, sorted; its own `internal` door is among them.

    They are its agency's `internal` doors, the `to-<agency>` doors of everybody who is or was its neighbour (what was
    said in time still arrives), the `children` doors of its parents of that day, and the `public` doors of all other
    agencies. A door exists if the catalogue has events for it. Raises UnknownAgency, or ValueError for a service that
    does not exist.
    """
    federation.agency(agency)
    if service not in SERVICES:
        raise ValueError(f"no such service: {service!r}")
    found = {topic(agency, sibling, Door.INTERNAL) for sibling in SERVICES}
    for other in federation.past_neighbours(agency, on):
        found |= _doors(other, Door.TO, f"to-{agency}")
    for parent in federation.parents(agency, on):
        found |= _doors(parent, Door.CHILDREN, Door.CHILDREN)
    for other in federation.agency_list:
        if other.id != agency:
            found |= _doors(other, Door.PUBLIC, Door.PUBLIC)
    return tuple(sorted(found))


def owned_topics(federation: Federation, agency: str, service: str, on: date) -> tuple[Topic, ...]:
    """The topics that a service of an agency writes, sorted by name, as far as the catalogue has events for their
    doors.

    There is one `to-` door for everybody who is or was a neighbour. Raises UnknownAgency.
    """
    federation.agency(agency)
    found = []
    for door in doors_of(service):
        if door is Door.TO:
            names = [f"to-{other.id}" for other in federation.past_neighbours(agency, on)]
        else:
            names = [door.value]
        found += [Topic(topic(agency, service, name), PARTITIONS[door]) for name in names]
    return tuple(sorted(found))


def _doors(agency: Agency, door: Door, name: str) -> set[str]:
    return {topic(agency.id, service, name) for service in SERVICES if door in doors_of(service)}
