"""Stories: begun by an honour, filled by a parcel, written by an editor, shown as long as honour and consent last."""

import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.publishing import rules
from services.publishing.actions import awaiting, deliveries, standing
from services.publishing.rules import HonourState, State
from services.publishing.tables import Story
from shared import audit, outbox, search_words
from shared.audit import Actor
from shared.clock import local_date
from shared.events import Category, StoryPublished, StoryRetracted
from shared.names import lines, normal

SYSTEM = Actor("system:inbox", "system")
SLUGS = {
    Category.COLLECTIVE: "tap-the",
    Category.MANAGER: "can-bo-quan-ly",
    Category.TEACHER: "giao-vien",
    Category.STAFF: "nhan-vien",
    Category.PUPIL: "hoc-sinh",
}
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


async def begin(
    session: AsyncSession,
    *,
    agency: str,
    nomination_id: UUID,
    origin_agency: str,
    unit_id: UUID,
    code: str,
    category: Category,
    at: datetime,
) -> Story:
    """The story of a nomination, locked; made when honour or material, whichever comes first, brings the news of it."""
    new = insert(Story).values(
        id=uuid7(),
        agency=agency,
        nomination_id=nomination_id,
        origin_agency=origin_agency,
        unit_id=unit_id,
        code=code,
        **_blank(at, category),
    )
    await session.execute(new.on_conflict_do_nothing())
    story = await _locked(
        session,
        select(Story).where(
            col(Story.agency) == agency,
            col(Story.origin_agency) == origin_agency,
            col(Story.nomination_id) == nomination_id,
        ),
    )
    await search_words.enter(session, story.id, story.code)
    return story


def _blank(at: datetime, category: Category) -> dict[str, Any]:
    """A story without words. Its address never holds a name: it stays in logs and topics when the story is gone."""
    mark = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return {
        "category": category,
        "honour": HonourState.IN_FORCE,
        "decision": {},
        "state": State.AWAITED,
        "path": f"/guong/{SLUGS[category]}-{mark}",
        "name": "",
        "position": "",
        "unit": "",
        "persons": [],
        "title": "",
        "text": "",
        "moved_at": at,
        "version": 1,
    }


async def note_honour(
    session: AsyncSession, story: Story, *, honour_id: UUID, decision: dict[str, Any], at: datetime
) -> None:
    """The decision that the story rests on; consents may have come before it."""
    story.honour_id, story.decision = honour_id, decision
    await _enter_words(session, story)
    await audit.record(session, SYSTEM, "story.begun", story.id)
    await settle(session, story, at=at, by=SYSTEM)


async def move_honour(session: AsyncSession, *, honour_id: UUID, state: HonourState, at: datetime) -> None:
    """The honour was held, resumed or revoked: the story follows at once."""
    story = await _locked(session, select(Story).where(col(Story.honour_id) == honour_id))
    if story.honour is not HonourState.REVOKED:
        story.honour = state
    await settle(session, story, at=at, by=SYSTEM)


async def take_material(session: AsyncSession, *, story_id: UUID, fields: dict[str, Any], at: datetime) -> None:
    """The parcel with what may be told has arrived: a first draft stands."""
    story = await lock(session, story_id)
    if story.state is not State.AWAITED:
        return
    story.name, story.position, story.unit = fields["name"], fields["position"], fields["unit"]
    story.born_on = date.fromisoformat(fields["born_on"]) if fields["born_on"] else None
    story.persons = fields["persons"]
    story.title = ", ".join(part for part in (fields["name"], fields["position"]) if part)
    story.text = "\n\n".join(fields["points"])
    await _enter_words(session, story)
    story.state, story.moved_at, story.version = State.DRAFT, at, story.version + 1
    awaiting.tell(session, story)
    await audit.record(session, Actor("system:parcels", "system"), "material.taken", story.id)
    await settle(session, story, at=at, by=SYSTEM)


async def write(session: AsyncSession, *, story_id: UUID, title: str, text: str, version: int, by: Actor) -> Story:
    """Save an editor's words; `version` is that of the story the writer saw.

    Raises WrongState, ChangedMeanwhile, BadText.
    """
    story = await lock(session, story_id)
    title, text = normal(title), lines(text)
    rules.check_draft(story.state, title, text)
    if story.version != version:
        raise rules.ChangedMeanwhile("Có người vừa lưu bài này. Chữ bạn gõ vẫn còn ở dưới.")
    story.title, story.text, story.version = title, text, story.version + 1
    await _enter_words(session, story)
    await audit.record(session, by, "story.written", story.id)
    return story


async def _enter_words(session: AsyncSession, story: Story) -> None:
    """Let the story be found, on the desk and once it is shown on the portal: by what it tells, its unit, its code and
    the number of its decision; never by the name, which its words may not tell.
    """
    told = (story.code, story.title, story.unit, story.decision.get("number"), story.text)
    await search_words.enter_anew(session, story.id, *told)


async def release(session: AsyncSession, *, story_id: UUID, version: int, at: datetime, by: Actor) -> Story:
    """Let a story that came from below be shown, as soon as everybody's word for that is known here.

    `version` is that of the story the editor saw. Raises WrongState, ChangedMeanwhile, BadText.
    """
    story = await lock(session, story_id)
    rules.check_from_below(from_below=story.from_below)
    rules.check_draft(story.state, story.title, story.text)
    if story.version != version:
        raise rules.ChangedMeanwhile("Có người vừa lưu bài này. Hãy đọc lại rồi duyệt đăng.")
    story.state, story.moved_at, story.version = State.CONSENT, at, story.version + 1
    awaiting.tell(session, story)
    await audit.record(session, by, "story.released", story.id)
    await settle(session, story, at=at, by=by)
    return story


async def look_again(session: AsyncSession, *, story_id: UUID, at: datetime) -> None:
    """Bring a story to where it belongs today: people grow older, and rules change with the calendar."""
    await settle(session, await lock(session, story_id), at=at, by=Actor("system:jobs", "system"))


async def settle(session: AsyncSession, story: Story, *, at: datetime, by: Actor) -> None:
    """Bring a story to where honour and consents put it, and tell everybody when it appears or goes."""
    await session.flush()
    wanted = await standing.wanted_on(session, story, local_date(at))
    said = await standing.said_of(session, story)
    state = rules.settled(
        story.state,
        story.honour if story.honour_id else None,
        wanted,
        said,
        standing.purpose_of(story),
        doubted=any(one.doubts for one in await standing.other_honours(session, story)),
    )
    if state is story.state:
        return
    before, story.state = story.state, state
    story.moved_at, story.version = at, story.version + 1
    awaiting.tell(session, story)
    await audit.record(session, by, f"story.{state}", story.id)
    if State.LIVE in (before, state):
        await _tell(session, story, agreed=[said[who].purposes for who in wanted if who in said], at=at)


async def _tell(session: AsyncSession, story: Story, *, agreed: Sequence[Collection[str]], at: datetime) -> None:
    about = {
        "story_id": story.id,
        "nomination_id": story.nomination_id,
        "origin_agency": story.origin_agency,
        "unit_id": story.unit_id,
        "occurred_at": at,
    }
    if story.state is State.LIVE:
        story.published_at, story.retracted_at = story.published_at or at, None
        shown = {"category": story.category, "path": story.path, "sha256": rules.fingerprint(story.title, story.text)}
        outbox.record(session, StoryPublished.model_validate(about | shown))
    else:
        story.retracted_at = at
        outbox.record(session, StoryRetracted.model_validate(about))
    await deliveries.plan(session, story, agreed=agreed, at=at)


async def find(session: AsyncSession, *, origin_agency: str, nomination_id: UUID) -> Story | None:
    """The story of a nomination, locked; none when neither honour nor material has come yet."""
    wanted = select(Story).where(
        col(Story.agency) == outbox.agency_of(session),
        col(Story.origin_agency) == origin_agency,
        col(Story.nomination_id) == nomination_id,
    )
    found = await session.execute(wanted.with_for_update(), execution_options={"populate_existing": True})
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, story_id: UUID) -> Story:
    """The story as it is now, locked until the transaction ends. Raises NoResultFound."""
    return await _locked(session, select(Story).where(col(Story.id) == story_id))


async def _locked(session: AsyncSession, wanted: Select[Story]) -> Story:
    found = await session.execute(wanted.with_for_update(), execution_options={"populate_existing": True})
    return found.scalar_one()
