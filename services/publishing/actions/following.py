"""Other agencies' stories that our portal points to: announced, fetched, dropped when they are taken back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.rules import FollowedState
from services.publishing.tables import FollowedStory
from shared import audit, jobs, outbox
from shared.audit import Actor
from shared.events import StoryPublished
from shared.federation import Federation

FOLLOW = "follow"
JOBS = Actor("system:jobs", "system")
EMPTY = {"title": "", "summary": "", "unit": "", "fetched_at": None}


def follows(federation: Federation, agency: str, on: date) -> frozenset[str]:
    """Whose stories an agency points to: those who stand next to it on that day."""
    return frozenset(one.id for one in federation.neighbours(agency, on))


async def announce(session: AsyncSession, event: StoryPublished, *, issuer: str, event_id: UUID) -> None:
    """Another agency shows a story: its words are to be fetched."""
    told = event.model_dump(include={"path", "sha256", "category"}) | {"state": FollowedState.AWAITED} | EMPTY
    row = insert(FollowedStory).values(
        agency=outbox.agency_of(session), issuer_agency=issuer, story_id=event.story_id, **told
    )
    await session.execute(row.on_conflict_do_update(index_elements=["issuer_agency", "story_id"], set_=told))
    # By event: a story that went and came back while it was being fetched is fetched again.
    about = {"issuer_agency": issuer, "story_id": str(event.story_id)}
    await jobs.enqueue(session, FOLLOW, about, key=str(event_id))


async def drop(session: AsyncSession, *, issuer: str, story_id: UUID) -> None:
    """The other agency took its story back: nothing of it stays here, also when it is being fetched just now."""
    story = await _lock(session, issuer, story_id)
    if story is not None:
        story.sqlmodel_update(EMPTY | {"state": FollowedState.GONE})


async def keep(
    session: AsyncSession,
    *,
    issuer: str,
    story_id: UUID,
    sha256: str,
    title: str,
    summary: str,
    unit: str,
    at: datetime,
) -> None:
    """The words that belong to `sha256` have arrived; they are kept if they are still wanted."""
    story = await _lock(session, issuer, story_id)
    if story is None or story.state is not FollowedState.AWAITED or story.sha256 != sha256:
        return
    words = {"title": title, "summary": summary, "unit": unit, "fetched_at": at}
    story.sqlmodel_update(words | {"state": FollowedState.SHOWN})
    await audit.record(session, JOBS, "followed_story.shown", story_id)


async def forget(session: AsyncSession, *, issuer: str, story_id: UUID) -> None:
    """This story is none for us: not of whom we follow, or not agreed to for others' pages."""
    story = await _lock(session, issuer, story_id)
    if story is not None:
        await session.delete(story)


async def _lock(session: AsyncSession, issuer: str, story_id: UUID) -> FollowedStory | None:
    return await session.get(FollowedStory, (issuer, story_id), with_for_update=True, populate_existing=True)
