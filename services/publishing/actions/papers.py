"""Signed papers: the word of somebody who was not, or could not be, asked by a link."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing import rules
from services.publishing.actions import awaiting, consents, standing, stories
from services.publishing.rules import ConsentState, Method, Purpose, State
from services.publishing.tables import Consent, Paper, Story
from shared import audit
from shared.audit import Actor
from shared.clock import local_date
from shared.files import Accepted


async def record(
    session: AsyncSession,
    *,
    story_id: UUID,
    who: str,
    purposes: Collection[Purpose],
    signed_on: date | None,
    scan: Accepted,
    at: datetime,
    by: Actor,
) -> Consent:
    """Keep a signed paper, compared with its original by `by`; its scan lies in the store already.

    From the first word on the story's text stays as it is. Raises WrongState, BadText, BadPaper.
    """
    story = await stories.lock(session, story_id)
    rules.check_own(from_below=story.from_below)
    today = local_date(at)
    consent = await session.scalar(
        select(Consent).where(col(Consent.story_id) == story_id, col(Consent.relation) == who)
    )
    wanted = await standing.wanted_on(session, story, today)
    rules.check_paper(story.state, who, wanted, consent.state if consent else None, purposes, signed_on, today)
    assert signed_on is not None
    if consent is None:
        consent = _new(story, who, at)
        session.add(consent)
    if story.state is State.DRAFT:
        rules.check_draft(story.state, story.title, story.text)
        story.state, story.moved_at, story.version = State.CONSENT, at, story.version + 1
        awaiting.tell(session, story)
    consent.state, consent.method = ConsentState.GIVEN, Method.PAPER
    await session.flush()
    seen = {"signed_on": signed_on, "checked_by": by.identity, "checked_as": by.role, "checked_at": at}
    file = {"sha256": scan.sha256, "file_name": scan.name, "media_type": scan.media_type, "size": scan.size}
    session.add(Paper.model_validate({"agency": story.agency, "consent_id": consent.id, **file, **seen}))
    await audit.record(session, by, "paper.recorded", consent.id)
    await consents.keep(session, story, consent, purposes=purposes, at=at, by=by)
    return consent


def _new(story: Story, who: str, at: datetime) -> Consent:
    """The consent of somebody whom no link was sent to; who has no contact has no id yet either."""
    known = next((UUID(one["person_id"]) for one in story.persons if one["relation"] == who), None)
    if known is None:
        known = uuid4()
        story.persons = [*story.persons, {"person_id": str(known), "relation": who}]
    return Consent(
        agency=story.agency,
        story_id=story.id,
        person_id=known,
        relation=who,
        text_version=story.version,
        text_sha256=rules.fingerprint(story.title, story.text),
        expires_at=at + consents.ANSWER_WITHIN,
    )
