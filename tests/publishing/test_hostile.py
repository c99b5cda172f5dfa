"""Nothing that is typed into publishing, or comes in a parcel, becomes more than text."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.publishing.actions import deliveries, receipts, stories
from services.publishing.rules import Purpose
from services.publishing.tables import Consent, OtherHonour, Story
from shared.events import Category, HonourStanding
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME, Texts
from tests.support.playing import Played, faults, form_fields, signed_in, unseen
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
WORK, LINK = "/lan-toa/bai/{code}", "/dong-y/{token}"
MUST = {
    "version": lambda _n: "2",
    "who": lambda _n: "self",
    "purpose": lambda _n: Purpose.PORTAL,
    "signed": lambda _n: "05/09/2024",
    "checked": lambda _n: "1",
    "word": lambda _n: "agree",
    "seen": lambda _n: "hcm",
}
DOUBTED, SIGNED = 2, 3
"""The story that another agency's honour keeps away, and the one whose word is on paper."""
UNSEEN = {
    "refused POST /lan-toa/luot-chay danh-sach",
    f"POST {WORK}/luu text",
    f"POST {WORK}/luu title",
    "account",
    "form elsewhere",
    "path",
    "scan",
    *(f"asked {name}" for name in ("trang-thai", "xep", "sau", "dang")),
    *(f"refused POST {WORK}/giay {name}" for name in ("who", "purpose", "checked")),
    *(f"refused POST {LINK} {name}" for name in ("word", "purpose")),
}
"""What no page tells, or what was written over before anybody read it."""


async def begun(site: Site, texts: Texts, number: int) -> Story:
    """A story of which everything that was told is bad."""
    told: dict[str, Any] = {name: texts(name, number) for name in ("name", "position", "unit")}
    told |= {"points": [texts("point", number)], "persons": [{"person_id": str(uuid4()), "relation": "self"}]}
    decision = {name: texts(f"decision {name}", number) for name in ("number", "form", "level")}
    async with site.database.transaction() as session:
        made = await stories.begin(
            session,
            agency="tan-binh",
            nomination_id=uuid7(),
            origin_agency="tan-binh",
            unit_id=make.SCHOOL,
            code=f"TB-24-{number + 1:04}",
            category=Category.TEACHER,
            at=make.AT,
        )
        decided = {**decision, "date": "2024-10-15"}
        await stories.note_honour(session, made, honour_id=uuid7(), decision=decided, at=make.AT)
        await session.flush()
        await stories.take_material(session, story_id=made.id, fields={**told, "born_on": None}, at=make.AT)
        if number == DOUBTED:
            about = receipts.About.model_validate(made.model_dump() | {"story_id": made.id})
            await receipts.note_holder(session, about, to_agency="hcm", at=make.AT)
            session.add(doubt(made, texts))
    return made


def doubt(story: Story, texts: Texts) -> OtherHonour:
    """Another agency holds its honour of the same exemplar."""
    return OtherHonour(
        agency="tan-binh",
        origin_agency=story.origin_agency,
        nomination_id=story.nomination_id,
        by_agency="hcm",
        honour_id=UUID(int=5),
        told_by="hcm",
        standing=HonourStanding.HELD,
        decision_number=texts("number elsewhere"),
        decision_date=make.TODAY,
        form=texts("form elsewhere"),
        level="",
        changed_at=make.AT,
    )


async def asked_of(site: Site, story: Story) -> UUID:
    """The consent of the only person of a story."""
    async with site.database.reading() as session:
        return (await session.scalars(select(col(Consent.id)).where(col(Consent.story_id) == story.id))).one()


async def published(site: Site, play: Played, story: Story, number: int) -> None:
    """One story from its draft to the portal, by its forms."""
    path = WORK.format(code=story.code)
    await play.get(f"GET draft {number}", path)
    await play.post("POST /lan-toa/luot-chay", "/lan-toa/luot-chay", number, refused=True)
    await play.post(f"POST {WORK}/luu", f"{path}/luu", number)
    await play.post(f"POST {WORK}", path, number, version="3")
    await play.post(f"POST {WORK}", path, number, refused=True)  # the version is that of before
    await play.get(f"GET written {number}", path)
    await play.get(f"GET form {number}", f"{path}/giay")
    if number == SIGNED:
        file = {"scan": (play.texts.in_path("scan", number) + ".pdf", PDF)}
        await play.post(f"POST {WORK}/giay", f"{path}/giay", number, refused=True, files=file, checked="1")
        await play.post(f"POST {WORK}/giay", f"{path}/giay", number, files=file)
        scan = await play.get("GET scan", f"{path}/giay/{await asked_of(site, story)}")
        named = r"attachment; filename\*=UTF-8''[A-Za-z0-9._~%-]+\.pdf"
        assert re.fullmatch(named, scan.headers["content-disposition"])
        return
    assert (await play.who.post(f"{path}/xin-dong-y")).status_code == 303
    consent = await asked_of(site, story)
    link = "/dong-y/" + site.links.mint("consent", consent, site.runtime.clock.real() + timedelta(days=1))
    await play.get(f"GET asked {number}", link)
    await play.post(f"POST {LINK}", link, number, refused=True)
    await play.post(f"POST {LINK}", link, number)
    await play.get(f"GET receipt {number}", link)


async def played(sites: Sites, *, hostile: bool) -> Played:
    """Everything that publishing lets people type, typed."""
    site, texts = await sites("publishing"), Texts(hostile)
    await make.consent_rule(site.database)
    async with site.database.transaction() as session:
        for number in range(SOME):
            about = {"url": "http://127.0.0.1:9/press", "purpose": Purpose.PORTAL, "secret_file": "press.key"}
            name = texts("channel", number)
            await deliveries.enter_channel(
                session,
                agency="tan-binh",
                code=f"c{number}",
                name=name,
                by=make.CLERK,
                **about,
            )
    async with signed_in(site, texts) as who:
        play = Played(who, texts, form_fields(site.app), MUST, most={"title": 190})
        for number in range(len(BUNDLES)):
            story = await begun(site, texts, number)
            await published(site, play, story, number)
            await play.get(f"GET done {number}", WORK.format(code=story.code))
            if number == 0:  # later ones show parts of the others, too
                await play.get(f"GET public {number}", story.path)
            await play.get(f"GET data {number}", story.path + ".json")
        await lists(play)
    return play


async def lists(play: Played) -> None:
    """What tells of many stories, or of none."""
    for name, path in {"works": "/lan-toa/bai", "told": "/lan-toa/luot-gui", "found": "/lan-toa/tim?q=tb-24"}.items():
        await play.get(f"GET {name}", path)
        await play.get(f"GET {name} sheet", path + ("&" if "?" in path else "?") + "dang=xlsx")
    await play.get("GET english", WORK.format(code="TB-24-0001") + "?lang=en")
    for number in range(SOME):
        strange = quote(play.texts.in_path("path", number), safe="")
        await play.get(f"GET unknown {number}", "/lan-toa/bai/" + strange)
        await play.get(f"GET gone {number}", "/dong-y/" + strange)
        asked = {name: play.texts(f"asked {name}", number) for name in ("trang-thai", "xep", "sau", "dang")}
        await play.get(f"GET works asked {number}", "/lan-toa/bai", **asked)
        typed = "Không ai có tên là những chữ như thế này: " + play.texts.in_path("asked q", number)
        await play.get(f"GET search {number}", "/lan-toa/tim", q=typed)


async def test_what_is_typed_stays_text_wherever_it_is_shown(sites: Sites) -> None:
    plain, bad = [await played(sites, hostile=hostile) for hostile in (False, True)]
    assert faults(plain, bad) == {}
    assert unseen(bad) == UNSEEN
