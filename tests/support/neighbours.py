"""Agencies joined without a broker: what one database has said is carried through the gate of another."""

from collections import Counter
from dataclasses import dataclass, field

from shared.clock import FixedClock
from shared.database import Database
from shared.federation import Federation, readable_topics
from shared.gate import Gate
from shared.inbox import Handlers, Hearing
from shared.inbox.arrivals import receive
from shared.inbox.batch import take
from tests.support.wire import Record, records


@dataclass
class Neighbours:
    """One service of several agencies, by agency. A topic's records are carried once, as a reader's offsets see to."""

    federation: Federation
    service: str
    databases: dict[str, Database]
    handlers: Handlers
    clock: FixedClock = field(default_factory=FixedClock)
    _read: Counter[tuple[str, str]] = field(default_factory=Counter)

    def hearing(self, agency: str) -> Hearing:
        """What the agency's service hears."""
        gate = Gate(lambda: self.federation, agency, self.clock)
        return Hearing(agency, self.service, self.handlers, others=gate)

    async def hear(self, agency: str, *found: Record) -> dict[str, int]:
        """Hand records over; how many had which outcome."""
        hearing = self.hearing(agency)
        items = [receive(record, hearing.gate) for record in found]
        return dict(await take(self.databases[agency], hearing, items, {}))

    async def carry(self) -> dict[str, dict[str, int]]:
        """Carry what is new from everybody to everybody who may read it; the outcomes by reader."""
        outcomes = {}
        for reader in self.databases:
            open_to = readable_topics(self.federation, reader, self.service, self.clock.today())
            new = []
            for speaker in set(self.databases) - {reader}:
                said = [record for record in await records(self.databases[speaker]) if record.topic in open_to]
                new += said[self._read[reader, speaker] :]
                self._read[reader, speaker] = len(said)
            if new:
                outcomes[reader] = await self.hear(reader, *new)
        return outcomes
