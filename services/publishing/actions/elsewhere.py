"""Honours of the same exemplar at other agencies: one that does not count any more puts our story in doubt."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing import rules
from services.publishing.actions import standing, stories
from services.publishing.actions.stories import SYSTEM
from services.publishing.rules import State
from services.publishing.tables import OtherHonour, Story
from shared import audit, outbox
from shared.audit import Actor

Change = tuple[UUID, datetime]
"""An honour and when its standing changed: what an editor saw and decided about."""


async def take(session: AsyncSession, told: OtherHonour, *, at: datetime) -> None:
    """How another agency's honour stands; what is older than what is known is ignored. The story follows at once."""
    key = told.model_dump(include={"origin_agency", "nomination_id", "by_agency", "honour_id", "told_by"})
    story = await stories.find(session, origin_agency=told.origin_agency, nomination_id=told.nomination_id)
    known = await session.get(OtherHonour, key, with_for_update=True)
    if known is None:
        session.add(told)
    elif rules.is_newer(told.changed_at, told.gone, known.changed_at, known.gone):
        known.sqlmodel_update(told.model_dump(exclude={"decided_for"}))
    else:
        return
    await session.flush()
    await audit.record(session, SYSTEM, f"other_honour.{told.standing}", told.honour_id)
    if story is not None:
        await stories.settle(session, story, at=at, by=SYSTEM)


async def show_again(
    session: AsyncSession, *, story_id: UUID, seen: Collection[Change], at: datetime, by: Actor
) -> Story:
    """Show a story although another agency's honour does not count; good for the changes that were seen, no later one.

    Raises WrongState when the story is not hidden for that.
    """
    story = await stories.lock(session, story_id)
    if story.state is not State.DOUBTED:
        raise rules.WrongState("Bài này không bị tạm ẩn vì khen thưởng của cơ quan khác.")
    doubting = [one for one in await standing.other_honours(session, story) if one.doubts]
    if not {(one.honour_id, one.changed_at) for one in doubting} <= set(seen):
        raise rules.ChangedMeanwhile("Vừa có thay đổi mới về khen thưởng của cơ quan khác. Hãy đọc lại rồi quyết định.")
    for one in doubting:
        one.decided_for = one.changed_at
        await audit.record(session, by, "story.shown_again", story.id, note=f"honour {one.honour_id}")
    await stories.settle(session, story, at=at, by=by)
    return story


def mark(honour: OtherHonour) -> str:
    """A change as a form carries it."""
    return f"{honour.honour_id}@{honour.changed_at.isoformat()}"


def read_mark(text: str) -> Change | None:
    """The inverse of `mark`; none when it is no such thing."""
    honour_id, _, changed_at = text.partition("@")
    try:
        return UUID(honour_id), datetime.fromisoformat(changed_at)
    except ValueError:
        return None


def heard(session: AsyncSession, told: dict[str, object], *, told_by: str) -> OtherHonour:
    """What an event tells, as a row of this agency."""
    return OtherHonour.model_validate({"agency": outbox.agency_of(session), "told_by": told_by, **told})
