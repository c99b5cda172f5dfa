"""What a dossier said each time it was handed in, and what is otherwise now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.pages.desk import AtDesk
from services.nomination.queries import Dossier, packing
from services.nomination.queries.revisions import list_revisions
from services.nomination.rules.revisions import Change, changes
from services.nomination.tables import Revision
from shared.identity.allowed import allowed

router = APIRouter()


@dataclass(frozen=True)
class Step:
    """One revision, or what is being written now (`number` 0), against the one before it."""

    number: int
    at: datetime | None
    changes: list[Change] | None
    """None: the first, which there is nothing to compare with."""


@router.get("/ho-so/{code}/cac-ban", dependencies=[allowed("nomination.read")])
async def show(desk: AtDesk, code: str) -> Response:
    """Every revision with what changed, newest first."""

    async def all_of(session: AsyncSession, dossier: Dossier) -> Sequence[Revision]:
        return await list_revisions(session, nomination_id=dossier.nomination.id)

    dossier, kept = await desk.read_with(code, all_of)
    return desk.pages.render(desk.request, "revisions.html", dossier=dossier, steps=_steps(dossier, kept))


def _steps(dossier: Dossier, kept: Sequence[Revision]) -> list[Step]:
    steps = [
        Step(one.number, one.at, changes(before.content, one.content) if before else None)
        for one, before in zip_longest(kept, kept[1:])
    ]
    if kept and dossier.nomination.state in rules.EDITABLE:
        steps.insert(0, Step(0, None, changes(kept[0].content, packing.content_of(dossier))))
    return steps
