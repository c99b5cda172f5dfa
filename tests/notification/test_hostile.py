"""Nothing that a provider, a neighbour or a form says becomes more than text: in pages, and in mails that are sent."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from uuid_utils.compat import uuid7

from services.notification import consumers
from services.notification.actions import accounts, messages
from services.notification.consumers.background import letter
from services.notification.consumers.receivers import take_contacts
from services.notification.rules import Channel
from services.notification.tables import Message
from shared.events import ConsentAsked, Event, NominationSubmitted, PlanPublished, UnitOpened
from shared.inbox.batch import EVENT_ID, SPEAKER
from shared.names import normal
from shared.parcels import Manifest, Opened
from tests.support import factories as make
from tests.support import queue
from tests.support.hostile import BUNDLES, CORPUS, SOME, Texts
from tests.support.playing import Played, faults, form_fields, signed_in, unseen
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

PEOPLE, FILE, PERSON = "/viec/quan-tri/nguoi", UUID(int=5), UUID(int=6)
GRANT = f"POST {PEOPLE}"
CHANGING = ("Subject", "Content-Type", "Content-Transfer-Encoding")
"""The head of a mail follows its text in these."""
MUST = {
    "identity": lambda n: f"https://id|{n}",
    "role": lambda _n: "member",
    "unit": lambda _n: str(make.SCHOOL),
    "since": lambda _n: "01/09/2024",
    "until": lambda _n: "",
    "phien": lambda _n: "none",
}
SHORT = {"identity": 600, "role": 20, "unit": 36, "since": 10, "until": 10, "phien": 80}
UNSEEN = {
    "account",
    "contact",
    "path",
    "refused POST /phien phien",
    f"refused POST {PEOPLE}/ket-thuc-phien identity",
    "refused POST /viec/luot-chay danh-sach",
    *(f"refused {GRANT} {name}" for name in ("identity", "role", "unit")),
}
"""What no page tells: names of those who are asked, and answers that were not among those to choose from."""


async def hear(site: Site, event: Event, speaker: str = "tan-binh") -> None:
    """What the inbox does with an event."""
    async with site.database.transaction() as session:
        session.info[EVENT_ID], session.info[SPEAKER] = uuid7(), speaker
        await consumers.HANDLERS[type(event)](session, event)


async def seeded(site: Site, texts: Texts) -> None:
    """People as a provider names them, plans from above, a file, and somebody whose word is asked for."""
    async with site.database.transaction() as session:
        for number in range(len(BUNDLES)):
            await accounts.note_account(
                session,
                agency="tan-binh",
                identity=f"https://id|{number}",
                name=texts("name", number),
                email=f"nguoi-{number}@hoa-mai.example",
                roles=[{"role": "nominator", "unit": str(make.SCHOOL if number == 0 else make.OTHER_SCHOOL)}],
                at=make.AT,
            )
            who, code = f"https://id|{texts('account')}", texts("code", number, 40)
            at = make.AT + timedelta(minutes=number)
            await messages.tell(session, "tan-binh", uuid7(), who, notice="submitted", code=code, at=at)
    since: dict[str, Any] = {"valid_from": make.TODAY, "kind": "school", "occurred_at": make.AT}
    await hear(site, UnitOpened(unit_id=make.SCHOOL, name=texts.whole("unit name"), **since))
    about: dict[str, Any] = {"issuer": "", "period": "", "version": 1, "occurred_at": make.AT}
    for number in range(len(BUNDLES)):
        plan = PlanPublished(plan_id=UUID(int=20 + number), title=texts("plan", number), **about)
        await hear(site, plan, "hcm")
    file: dict[str, Any] = {
        "nomination_id": FILE,
        "origin_agency": "tan-binh",
        "unit_id": make.SCHOOL,
        "occurred_at": make.AT,
    }
    more: dict[str, Any] = {
        "subject_id": UUID(int=8),
        "category": "teacher",
        "plan_id": UUID(int=1),
        "round_id": UUID(int=2),
    }
    more |= {"code": "TB-24-0001", "rule_set": "a", "revision": 1}
    await hear(site, NominationSubmitted.model_validate(file | more))
    person = {"person_id": str(PERSON), "relation": "self", "name": texts.whole("contact"), "email": "ai@nha.example"}
    async with site.database.transaction() as session:
        await take_contacts(session, {}, Opened(Manifest(ids={}, fields={"persons": [person]}), {}))
    asked = {"consent_id": UUID(int=9), "person_id": PERSON, "expires_at": make.AT + timedelta(days=30)}
    await hear(site, ConsentAsked.model_validate(file | asked | {"story_id": UUID(int=7)}))


async def played(sites: Sites, relay: str, *, hostile: bool) -> Played:
    """Everything that notification is told and lets people type; its jobs done."""
    site, texts = await sites("notification", change=lambda settings: settings.update(smtp=relay)), Texts(hostile)
    async with signed_in(site, texts) as who:
        await seeded(site, texts)
        play = Played(who, texts, form_fields(site.app), MUST, most=SHORT)
        pages = {"tasks": "/viec", "inbox": "/thong-bao", "people": PEOPLE, "sessions": "/phien", "left": "/ra"}
        pages |= {"found": "/thong-bao/tim?q=da+nhan", "english": "/viec?lang=en"}
        for number in range(len(BUNDLES)):
            await play.post(GRANT, PEOPLE, number)
        for number in range(SOME):
            for path in (PEOPLE, f"{PEOPLE}/ket-thuc-phien", "/phien", "/viec/luot-chay"):
                await play.post(f"POST {path}", path, number, refused=True)
            strange = quote(texts.in_path("path", number), safe="")
            for prefix in ("/viec/", "/thong-bao/", f"{PEOPLE}/", "/vao/xong/"):
                await play.get(f"GET {prefix} unknown {number}", prefix + strange)
            typed = "Không có tin nào có những chữ như thế này: " + texts.in_path("asked", number)
            await play.get(f"GET search {number}", "/thong-bao/tim", q=typed)
            for path in ("/vao/xong", "/ra"):
                asked = {name: texts(f"asked {name} {path}", number) for name in ("ve", "noi", "state", "code")}
                await play.get(f"GET {path} asked {number}", path, **asked)
        for name, path in pages.items():
            await play.get(f"GET {name}", path)
        await play.get("GET found sheet", "/thong-bao/tim?q=da+nhan&dang=xlsx")
        site.database.on_jobs[:] = [site.runtime.jobs.bell.ring]
        async with queue.running(site.runtime.jobs):
            await queue.until(queue.all_ended, site.database)
    return play


@asynccontextmanager
async def mailbox() -> AsyncIterator[tuple[str, list[tuple[list[str], EmailMessage]]]]:
    """A mail relay on this machine: its address, and the letters with whom they were for."""
    kept: list[tuple[list[str], EmailMessage]] = []

    class Keeping:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            read = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
            kept.append((envelope.rcpt_tos, read))
            return "250 OK"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keeping(), loop=loop), "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", kept


def told(kept: list[tuple[list[str], EmailMessage]]) -> list[tuple[object, ...]]:
    """The letters, without what differs from day to day: ids and links."""
    found = [
        (to, sorted((name, str(value)) for name, value in one.items() if name != "Message-ID"), one.get_content())
        for to, one in kept
    ]
    return sorted((to, headers, re.sub(r"/dong-y/\S+", "/dong-y/…", body)) for to, headers, body in found)


async def test_what_is_told_stays_text_and_mails_carry_nothing_of_it(sites: Sites) -> None:
    plays, letters = [], []
    for hostile in (False, True):
        async with mailbox() as (relay, kept):
            plays.append(await played(sites, relay, hostile=hostile))
        letters.append(told(kept))
    assert faults(*plays) == {}
    assert {name for name in unseen(plays[1]) if not name.startswith("asked ")} == UNSEEN
    assert letters[0] == letters[1]
    assert [to for to, _, _ in letters[1]] == [["ai@nha.example"], ["nguoi-0@hoa-mai.example"]]


@pytest.mark.parametrize("bad", [*CORPUS, *BUNDLES, "a\r\nBcc: x@evil.example", "a\nb", "x@evil.example, a"])
def test_no_text_adds_a_line_to_the_head_of_a_mail(bad: str) -> None:
    heads = []
    for text in ("Lời thường", bad):
        sent = letter(message(subject=text, body=text), "https://a.vn").as_bytes()
        heads.append(email.message_from_bytes(sent, EmailMessage, policy=email.policy.default))
    plain, found = ({name: one[name] for name in one if name not in CHANGING} for one in heads)
    assert (found, heads[1]["Subject"]) == (plain, normal(bad))


@pytest.mark.parametrize("bad", ["a@b.vn\r\nBcc: x@evil.example", "a@b.vn\nX: y"])
def test_an_address_of_several_lines_gets_no_letter(bad: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        letter(message(address=bad), "https://a.vn")


def message(**change: str) -> Message:
    usual = {"address": "a@b.vn", "subject": "Lời thường", "body": "Lời thường"} | change
    return Message(
        id=UUID(int=1),
        agency="a",
        event_id=UUID(int=2),
        recipient="x",
        channel=Channel.EMAIL,
        path="/viec",
        at=make.AT,
        address=usual["address"],
        subject=usual["subject"],
        body=usual["body"],
    )
