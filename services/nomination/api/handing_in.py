"""Handing a dossier in."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from services.nomination import rules
from services.nomination.actions import nominations, papers
from services.nomination.api.calling import PATH, By, Key, answered, refused, reused
from services.nomination.api.files import shown
from services.nomination.api.starting import Written
from services.nomination.queries import packing
from services.nomination.queries.revisions import last_revision
from services.nomination.queries.subjects import found_again
from services.nomination.rules.papers import LONGEST_KIN
from services.nomination.rules.reuse import check_reused
from shared import idempotency
from shared.clock import local_date
from shared.identity.allowed import allowed

router = APIRouter()


class HandIn(Written):
    """What is said with a hand-in: how its sender is related to whom it is about; empty: not at all, none: not said."""

    kin: str | None = Field(None, max_length=LONGEST_KIN)


@router.post("/nominations/{code}/submission", response_model=None, dependencies=[allowed("nomination.submit")])
async def submit(by: By, code: str, said: HandIn | None = None, key: Key = None) -> Response:
    """Hand a dossier in, the first time or corrected."""
    call, at = await by.call(key), by.clock.now()
    try:
        if said and said.kin is not None:
            await _say_kin(by, code, said.kin)
        async with by.runtime.database.transaction() as session:
            before = await idempotency.known(session, call)
            if before is not None:
                return answered(before)
            found = await by.dossier(session, code)
            actor = by.rights.actor("nomination.submit", found.nomination.unit_id)
            await nominations.check_submittable(
                session, nomination_id=found.nomination.id, ready=found.readiness, at=at
            )
            found.check_sender(by.person.name, actor.identity)
            check_reused((await found_again(session, found, local_date(at))).reused)
            handed_in = await last_revision(session, nomination_id=found.nomination.id)
        kept = packing.dossier_of(found, handed_in.content if handed_in else None)
        sealed = await packing.seal(by.runtime, kept, "review")
        async with by.runtime.database.transaction() as session:
            before = await idempotency.begin(session, call)
            if before is not None:
                return answered(before)
            await nominations.submit_nomination(
                session,
                nomination_id=found.nomination.id,
                version=found.nomination.version,
                ready=found.readiness,
                content=packing.content_of(found),
                dossier=sealed,
                at=at,
                by=actor,
            )
            found = await by.dossier(session, code)
            answer = idempotency.Answer(200, f"{PATH}/{code}", orjson.dumps(shown(found)))
            await idempotency.keep(session, call, answer)
    except rules.NotADraft as refusal:
        # Perhaps this very call handed it in a moment ago.
        async with by.runtime.database.reading() as session:
            before = await idempotency.known(session, call)
        if before is None:
            raise refused(refusal) from None
        return answered(before)
    except rules.Refusal as refusal:
        raise refused(refusal) from None
    except idempotency.KeyReused:
        raise reused() from None
    return answered(answer)


async def _say_kin(by: By, code: str, kin: str) -> None:
    """Kept even if the dossier cannot be handed in yet: whoever confirms it is to know."""
    async with by.runtime.database.transaction() as session:
        found = await by.dossier(session, code)
        actor = by.rights.actor("nomination.submit", found.nomination.unit_id)
        await papers.say_kin(session, nomination_id=found.nomination.id, kin=kin, by=actor)
