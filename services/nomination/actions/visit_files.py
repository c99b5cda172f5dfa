"""Photos and other files of a visit. No action commits."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules.supervision import check_fields, check_files
from services.nomination.tables import Visit, VisitFile
from shared import audit
from shared.audit import Actor
from shared.files import Accepted
from shared.names import normal


async def add_file(session: AsyncSession, *, visit_id: UUID, file: Accepted, caption: str, by: Actor) -> None:
    """Tie a file, which lies in the store already, to a visit; one that is there already stays as it is.

    Raises BadVisit.
    """
    visit = await session.get_one(Visit, visit_id, with_for_update=True)
    check_fields(told := {"caption": normal(caption)}, needed={})
    kept = list(await session.scalars(select(col(VisitFile.sha256)).where(col(VisitFile.visit_id) == visit_id)))
    if file.sha256 in kept:
        return
    check_files(len(kept))
    one = VisitFile(
        agency=visit.agency,
        visit_id=visit_id,
        sha256=file.sha256,
        file_name=file.name,
        media_type=file.media_type,
        size=file.size,
        caption=told["caption"],
    )
    session.add(one)
    await session.flush()
    await audit.record(session, by, "visit.file_added", one.id)


async def remove_file(session: AsyncSession, *, visit_id: UUID, sha256: str, by: Actor) -> None:
    """Take a file off a visit; one that is gone stays gone."""
    found = delete(VisitFile).where(col(VisitFile.visit_id) == visit_id, col(VisitFile.sha256) == sha256)
    gone = (await session.execute(found.returning(col(VisitFile.id)))).scalar_one_or_none()
    if gone is not None:
        await audit.record(session, by, "visit.file_removed", gone)
