"""A line between two agencies: `nomination` of one says, signed, and `review` of another below it hears."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text

from deploy.local.kafka import Kafka
from shared import runtime
from shared.clock import Clock
from shared.database import Database
from shared.events import Door, Event
from shared.federation import FederationFile
from shared.gate import Gate
from shared.inbox import Hearing, Kind
from shared.inbox.worker import Pace, Worker
from shared.outbox import Speaker
from shared.outbox.relay import Relay
from shared.runtime import Runtime
from shared.settings import Settings
from shared.signatures import Signer, file_name
from tests.support import toy
from tests.support.databases import PASSWORD, Databases
from tests.support.line import Line, make_line
from tests.support.signing import key_entry, private_key
from tests.support.toy_runtime import FEDERATION, Operator, make_topics, settings_of

NAME = "test"
"""What the federation of such a line is called."""
_BELOW = """
[[agency]]
id = "{below}"
name = "Trường thử nghiệm"
short = "Bên dưới"
mark = "BD"
tier = "school"
line = "administrative"
from = 2020-01-01

[[edge]]
child = "{below}"
parent = "{agency}"
line = "administrative"
from = 2020-01-01
"""


class Passed(Event):
    """Something that is said to those below only."""

    said_by = "nomination"
    doors = (Door.CHILDREN,)
    keyed_by = "thing"

    thing: str
    number: int


CATALOGUE = {**toy.ALL, Passed.type_name(): Passed}
HANDLERS = {**toy.HANDLERS, Passed: toy.on_counted}


def passed(thing: str, number: int) -> Passed:
    return Passed(thing=thing, number=number, occurred_at=Clock().now())


@dataclass
class Apart(Line):
    """Such a line. Its federation file is written by `publish`; who holds it open reads it again by `look`."""

    folder: Path = field(kw_only=True)
    below: str = field(kw_only=True)
    settings: dict[str, str] = field(kw_only=True)
    version: int = 1
    files: dict[str, FederationFile] = field(default_factory=dict)
    """The federation file as each side has it: `said`, and a reader's by its database's service."""

    @property
    def topic(self) -> str:
        return f"{self.agency}.nomination.children"

    @property
    def operator(self) -> Operator:
        """Runs commands of who says."""
        return Operator(self.settings)

    @property
    def internal(self) -> str:
        return f"{self.agency}.nomination.internal"

    def key(self, number: int) -> str:
        """A key of who says."""
        return f"{self.agency}/nomination/{number}"

    def publish(self, *keys: str) -> None:
        """The next version of the file, with these entries of keys."""
        self.version += 1
        text = FEDERATION.replace("version = 1", f"version = {self.version}") + _BELOW
        text = text.format(agency=self.agency, below=self.below)
        (self.folder / "federation.toml").write_text(text + "".join(keys))

    def own(self, number: int) -> None:
        """Who says gets the private part of this key."""
        pem = private_key(self.key(number)).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / file_name(self.key(number))).write_bytes(pem)

    def look(self, *who: str) -> None:
        """These read the file again."""
        for one in who:
            self.files[one].look()

    def hearing(self, service: str = "review") -> Hearing:
        """What a reader below hears, by the file as it has it."""
        file = self.files.setdefault(service, FederationFile(self.folder / "federation.toml"))
        gate = Gate(lambda: file.current, self.below, Clock(), CATALOGUE)
        return Hearing(self.below, service, HANDLERS, catalogue=CATALOGUE, others=gate)

    def process(self) -> Runtime:
        """The reader below as a whole process; `Passed` must stand in the catalogue."""
        told: dict[str, Any] = {**self.settings, "agency": self.below, "database_url": self.heard.url}
        made = runtime.build("review", Path("services", "review"), Settings(**told), HANDLERS)
        make_topics(self, made.federation, Clock().today(), self.below)
        return made

    def relay(self, database: Database | None = None) -> Relay:
        made = super().relay(database)
        made.topics = [self.topic, self.internal]
        return made

    def worker(
        self,
        database: Database | None = None,
        *,
        member: str | None = None,
        old: bool = False,
        pace: Pace | None = None,
    ) -> Worker:
        heard = database or self.heard
        service = heard.speaker.service
        access = self.access(member=f"{member or self.member}-{service}")
        return Worker(heard, access, [self.topic], self.hearing(service), pace or Pace())

    async def say(self, *numbers: int, things: Sequence[str] = ("a", "b", "c")) -> None:
        """Each thing passes these numbers on, one transaction per number."""
        for number in numbers:
            await toy.say(self.said, *(passed(thing, number) for thing in things))

    async def refused(self, database: Database | None = None) -> list[str]:
        """Why records were refused, oldest first."""
        async with (database or self.heard).reading() as session:
            rows = await session.execute(
                text("select reason from set_aside where kind = :k order by id"), {"k": Kind.REFUSED}
            )
            return list(rows.scalars())


async def make_apart(kafka: Kafka, databases: Databases, folder: Path) -> Apart:
    """Such a line of two new agencies, the one above with its first key."""
    plain = await make_line(kafka, databases, topic=False)
    below = f"below-{plain.agency}"
    heard = await databases.core(toy.METADATA, agency=below, service="review")
    settings = settings_of(plain, folder)
    made = Apart(kafka, plain.agency, plain.said, heard, folder=folder, below=below, settings=settings)
    made.own(1)
    made.publish(key_entry(made.key(1)))
    file = made.files["said"] = FederationFile(folder / "federation.toml")
    signer = Signer(lambda: file.current, made.agency, "nomination", folder, Clock())
    speaker = Speaker(made.agency, "nomination", Clock(), signer)
    made.said = databases.keep(Database(plain.said.url, password=PASSWORD, speaker=speaker))
    made.make_topic()
    make_topics(made, file.current, Clock().today())
    return made
