"""The gate: which records of other agencies are let in, by the federation file as it is now.

The order of the checks: a door that this agency may read; an edge in force; an event that belongs to the service and
the door; a signature that holds. There is no time window: a link may be cut for weeks.
"""

from collections.abc import Callable, Mapping

from shared.clock import Clock, local_date
from shared.envelope import Envelope
from shared.events import CATALOGUE, Door, Event
from shared.federation import Federation
from shared.inbox.arrivals import Raw
from shared.signatures import BadSignature, check


class Gate:
    """Judges what another agency says to this one. Its own `internal` doors are guarded by the broker's rights."""

    def __init__(
        self,
        federation: Callable[[], Federation],
        agency: str,
        clock: Clock,
        catalogue: Mapping[str, type[Event]] = CATALOGUE,
    ) -> None:
        self._federation, self._agency, self._clock, self._catalogue = federation, agency, clock, catalogue

    def __call__(self, raw: Raw, envelope: Envelope) -> str | None:
        """Why a record is refused; none when it may come in."""
        speaker, _, name = raw.topic.split(".", 2)
        if speaker == self._agency:
            return None
        federation, said = self._federation(), local_date(envelope.time)
        door = Door.TO if name.startswith(f"{Door.TO}-") else name
        if reason := self._closed(federation, speaker, name, envelope):
            return reason
        kind = self._catalogue.get(envelope.type)
        if kind is not None and door not in kind.doors:
            return f"{envelope.type} is not said on the door {name}"
        headers = {header: value for header, value in raw.headers if value is not None}
        arrived = local_date(self._clock.real())
        try:
            check(federation, raw.topic, raw.key or b"", headers, raw.body or b"", said, arrived)
        except BadSignature as error:
            return str(error)
        return None

    def _closed(self, federation: Federation, speaker: str, name: str, envelope: Envelope) -> str | None:
        """Why this door of that agency is closed to us."""
        if speaker not in {one.id for one in federation.agency_list}:
            return f"{speaker} is not an agency of the federation {federation.name}"
        if name == Door.PUBLIC:
            return None
        if name == Door.CHILDREN:
            # As of now: a new child reads what was said before it came.
            above = {one.id for one in federation.parents(self._agency, self._clock.today())}
            return None if speaker in above else f"{speaker} does not stand above {self._agency} today"
        if name == f"{Door.TO}-{self._agency}":
            said = local_date(envelope.time)
            near = {one.id for one in federation.neighbours(self._agency, said)}
            return None if speaker in near else f"{speaker} was no neighbour of {self._agency} on {said}"
        return f"the door {name} of {speaker} is not for {self._agency}"
