"""Three tiers whose publishing services hear one another and their own reviews, without a broker."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.publishing import rules
from services.publishing.actions import consents, stories
from services.publishing.consumers import HANDLERS
from services.publishing.consumers.receivers import take_referred_material
from services.publishing.rules import Purpose
from services.publishing.tables import Consent, Story
from shared import outbox
from shared.database import Database
from shared.events import (
    Category,
    ConsentPassedOn,
    Event,
    ExemplarHonoured,
    HonourPassedOn,
    HonourStanding,
    NominationReferred,
    ReferredMaterialGiven,
    Word,
)
from shared.parcels import Manifest, Opened
from shared.runtime import heard_topics
from tests.support import factories as make
from tests.support import signing
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours
from tests.support.saying import said_in
from tests.support.wire import records

TIERS = ("moet", "hcm", "tan-binh")
PORTAL, UPPER, PRESS, SOCIAL = Purpose
LATER = make.AT + timedelta(hours=1)
WORDS = "select relation, word, purposes, told_by from words order by relation, told_by"
ANSWERS = "select by_agency, shown from withdrawal_answers order by by_agency"


@dataclass
class Country:
    """`publishing` of each tier, and what its `reviews` say."""

    publishing: Neighbours
    databases: Databases
    reviews: dict[str, Database] = field(default_factory=dict)
    _read: Counter[tuple[str, str]] = field(default_factory=Counter)

    def database(self, agency: str) -> Database:
        """The database of an agency's publishing."""
        return self.publishing.databases[agency]

    async def rows(self, agency: str, query: str) -> list[tuple[Any, ...]]:
        """What its publishing's database answers."""
        async with self.database(agency).reading() as session:
            return [tuple(row) for row in await session.execute(text(query))]

    async def state(self, agency: str) -> str:
        """Where the one story stands there."""
        [(found,)] = await self.rows(agency, "select state from stories")
        return str(found)

    async def say(self, agency: str, *events: Event) -> None:
        """Let an agency's review say something."""
        if agency not in self.reviews:
            self.reviews[agency] = await self.databases.service("review", agency=agency)
        async with self.reviews[agency].transaction() as session:
            for event in events:
                outbox.record(session, event)

    async def carry(self) -> None:
        """Carry everything to everybody until nobody says anything new; none of it may stand aside."""
        federation, today = self.publishing.federation, self.publishing.clock.today()
        outcomes = Counter[str]()
        for reader in TIERS:
            heard = heard_topics(federation, reader, "publishing", today, HANDLERS)
            for speaker, database in self.reviews.items():
                found = [one for one in await records(database) if one.topic in heard]
                new = found[self._read[reader, speaker] :]
                self._read[reader, speaker] = len(found)
                outcomes += Counter(await self.publishing.hear(reader, *new))
        while told := await self.publishing.carry():
            outcomes += sum((Counter(one) for one in told.values()), Counter[str]())
        assert set(outcomes) <= {"handled", "counted"}, outcomes

    async def refer(self, story: Story, agency: str, to: str) -> None:
        """An agency's review refers the nomination upward."""
        told = of_case(story) | {"to_agency": to, "referral_id": uuid7(), "category": story.category}
        more = {"criteria": make.PACK, "revision": 1, "dossier": make.PARCEL}
        await self.say(agency, NominationReferred.model_validate(told | more))

    async def honour_above(
        self, story: Story, agency: str, *, consents: list[dict[str, Any]] | None = None
    ) -> tuple[UUID, int]:
        """An upper agency honours the nomination: its story has a draft; the story's id and version."""
        honour = {"honour_id": uuid7(), "category": story.category}
        decision = {"decision_number": "900/QĐ", "decision_date": make.TODAY, "form": "Bằng khen", "level": ""}
        told = of_case(story) | honour
        await self.say(
            agency,
            ExemplarHonoured.model_validate(told | decision),
            ReferredMaterialGiven.model_validate(
                told | {"material": make.PARCEL.model_copy(update={"parcel_id": uuid4()})}
            ),
        )
        await self.carry()
        [(story_id,)] = await self.rows(agency, "select id from stories")
        fields = {
            "name": story.name,
            "position": story.position,
            "unit": story.unit,
            "born_on": story.born_on.isoformat() if story.born_on else None,
            "points": ["Dạy học bằng dự án đọc sách, cả thành phố cùng đọc."],
            "persons": story.persons,
            "consents": consents or [],
        }
        async with self.database(agency).transaction() as session:
            opened = Opened(Manifest(ids={}, fields=fields), {})
            await take_referred_material(session, {"story_id": str(story_id)}, opened)
        [(version,)] = await self.rows(agency, "select version from stories")
        return story_id, version

    async def release(self, agency: str, story_id: UUID, version: int) -> list[Event]:
        """The editor above lets the story be shown; what was said of it."""
        async with self.database(agency).transaction() as session:
            await stories.release(session, story_id=story_id, version=version, at=make.AT, by=make.EDITOR)
            return said_in(session)

    async def answered(
        self, *purposes: Purpose, category: Category = Category.TEACHER, born_on: date | None = None
    ) -> tuple[Story, Consent]:
        """A story of the district with its own honour, and the word of whom it is about."""
        story = await make.story(self.database("tan-binh"), category=category, born_on=born_on)
        consent = (await make.asked(self.database("tan-binh"), story.id))["self"]
        await make.answer(self.database("tan-binh"), consent.id, *purposes)
        return story, consent


def of_case(story: Story) -> dict[str, Any]:
    """What every event of review says of the case."""
    about = story.model_dump(include={"nomination_id", "origin_agency", "unit_id", "code"})
    return about | {"subject_id": uuid7(), "case_id": uuid7(), "occurred_at": make.AT}


def passed_on(story: Story, standing: HonourStanding, **changes: Any) -> HonourPassedOn:
    """How the city's honour of it stands, as the district is told."""
    told = of_case(story) | {"to_agency": "tan-binh", "by_agency": "hcm", "honour_id": UUID(int=5)}
    told |= {"decision_number": "900/QĐ", "decision_date": make.TODAY, "form": "Bằng khen", "level": "cấp thành phố"}
    return HonourPassedOn.model_validate(told | {"standing": standing, "changed_at": make.AT} | changes)


async def make_country(databases: Databases) -> Country:
    """Ministry, city and district, each with the consent rule."""
    keys = [f"{agency}/{service}/1" for agency in (*TIERS, "hai-phong") for service in ("publishing", "review")]
    made = {agency: await databases.service("publishing", agency=agency) for agency in TIERS}
    for database in made.values():
        await make.consent_rule(database)
    return Country(Neighbours(signing.federation(*keys), "publishing", made, HANDLERS), databases)


def told(story: Story, consent: Consent, to: str, *purposes: Purpose, word: Word = Word.GIVEN) -> ConsentPassedOn:
    """What an agency tells a holder of a person's word."""
    return ConsentPassedOn(
        story_id=story.id,
        nomination_id=story.nomination_id,
        origin_agency="tan-binh",
        unit_id=story.unit_id,
        to_agency=to,
        consent_id=consent.id,
        person_id=consent.person_id,
        relation="self",
        word=word,
        purposes=sorted(purposes),
        text_version=consent.text_version,
        text_sha256=rules.fingerprint(story.title, story.text),
        method="link",
        said_at=LATER if word is Word.WITHDRAWN else make.AT,
        occurred_at=LATER if word is Word.WITHDRAWN else make.AT,
    )


async def withdraw(country: Country, consent: Consent) -> None:
    """The person takes the word back."""
    async with country.database("tan-binh").transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=LATER)
