"""Consent: asked once, answered by a one-time link, withdrawn at any time."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing import rules
from services.publishing.actions import awaiting, receipts, standing, stories
from services.publishing.rules import ConsentState, Purpose, State
from services.publishing.tables import Consent, ConsentRule, Story
from shared import audit, outbox
from shared.audit import Actor
from shared.clock import local_date
from shared.events import ConsentAnswered, ConsentAsked, ConsentWithdrawn

ANSWER_WITHIN = timedelta(days=30)
PERSON = "person"
NOBODY = "Hồ sơ không có địa chỉ của người phải hỏi ý kiến nên chưa xin đồng ý được. Có thể ghi nhận giấy đồng ý đã ký."


async def ask(session: AsyncSession, *, story_id: UUID, at: datetime, by: Actor) -> list[Consent]:
    """Ask everybody whose word the rule of today needs. Raises WrongState, BadText, NobodyToAsk."""
    story = await stories.lock(session, story_id)
    rules.check_own(from_below=story.from_below)
    rules.check_draft(story.state, story.title, story.text)
    wanted = await standing.wanted_on(session, story, local_date(at))
    if not wanted:
        raise rules.NobodyToAsk(NOBODY)
    asked = await _ask(session, story, wanted, at=at)
    story.state, story.moved_at, story.version = State.CONSENT, at, story.version + 1
    awaiting.tell(session, story)
    await audit.record(session, by, "consent.asked", story.id)
    return asked


async def ask_again(session: AsyncSession, *, story_id: UUID, at: datetime, by: Actor) -> list[Consent]:
    """Ask those whose word is needed today and who were never asked, or let the time for an answer pass.

    Raises WrongState when there are none, NobodyToAsk.
    """
    story = await stories.lock(session, story_id)
    rules.check_own(from_below=story.from_below)
    whom = await to_ask_again(session, story, at=at)
    rules.check_asking_again(story.state, whom)
    # A link that was let pass is of no use any more; what is asked now is asked under an id of its own.
    over = col(Consent.story_id) == story.id, col(Consent.relation).in_(whom)
    await session.execute(delete(Consent).where(*over, col(Consent.state) == ConsentState.ASKED))
    asked = await _ask(session, story, whom, at=at)
    await audit.record(session, by, "consent.asked_again", story.id)
    return asked


async def to_ask_again(session: AsyncSession, story: Story, *, at: datetime) -> list[str]:
    """Whose word is needed today and is not being waited for: never asked, or unanswered in time."""
    wanted = await standing.wanted_on(session, story, local_date(at))
    rows = await session.scalars(select(Consent).where(col(Consent.story_id) == story.id))
    return rules.unasked(wanted, {one.relation: (one.state, one.expires_at) for one in rows}, at)


async def _ask(session: AsyncSession, story: Story, whom: Collection[str], *, at: datetime) -> list[Consent]:
    known = {one["relation"]: UUID(one["person_id"]) for one in story.persons}
    if not set(whom) <= set(known):
        raise rules.NobodyToAsk(NOBODY)
    asked = [
        Consent(
            agency=story.agency,
            story_id=story.id,
            person_id=known[who],
            relation=who,
            text_version=story.version,
            text_sha256=rules.fingerprint(story.title, story.text),
            expires_at=at + ANSWER_WITHIN,
        )
        for who in whom
    ]
    session.add_all(asked)
    await session.flush()
    for one in asked:
        about = _about(story, one) | {"expires_at": one.expires_at, "occurred_at": at}
        outbox.record(session, ConsentAsked.model_validate(about))
    return asked


async def answer(session: AsyncSession, *, consent_id: UUID, purposes: Collection[Purpose], at: datetime) -> Consent:
    """Keep a person's answer: the ticked purposes, or none of them. Raises WrongState when it was given before."""
    consent, story = await lock(session, consent_id)
    rules.check_answerable(consent.state)
    consent.state = ConsentState.GIVEN if purposes else ConsentState.REFUSED
    by = Actor(f"{PERSON}:{consent.person_id}", consent.relation)
    await keep(session, story, consent, purposes=purposes, at=at, by=by)
    return consent


async def keep(
    session: AsyncSession, story: Story, consent: Consent, *, purposes: Collection[Purpose], at: datetime, by: Actor
) -> None:
    """Write a receipt, tell everybody who has to know, and bring the story to where it belongs."""
    consent.purposes, consent.answered_at = sorted(purposes), at
    given = consent.state is ConsentState.GIVEN
    receipt = consent.model_dump(include={"relation", "purposes", "text_version", "text_sha256", "method"})
    about = _about(story, consent) | receipt | {"given": given, "occurred_at": at}
    outbox.record(session, ConsentAnswered.model_validate(about))
    await audit.record(session, by, f"consent.{consent.state}", consent.id)
    await session.flush()
    await receipts.tell(session, story, consent, at=at)
    await stories.settle(session, story, at=at, by=by)


async def withdraw(session: AsyncSession, *, consent_id: UUID, at: datetime, by: Actor | None = None) -> Consent:
    """Take a word back: the story goes at once. `by`: whoever wrote it down for the person. Raises WrongState."""
    consent, story = await lock(session, consent_id)
    rules.check_withdrawable(consent.state)
    consent.state, consent.answered_at = ConsentState.WITHDRAWN, at
    outbox.record(session, ConsentWithdrawn.model_validate(_about(story, consent) | {"occurred_at": at}))
    by = by or Actor(f"{PERSON}:{consent.person_id}", consent.relation)
    await audit.record(session, by, "consent.withdrawn", consent.id)
    await session.flush()
    await receipts.tell(session, story, consent, at=at)
    await stories.settle(session, story, at=at, by=by)
    return consent


async def enter_rule(session: AsyncSession, *, agency: str, by: Actor, **rule: object) -> None:
    """Enter a consent rule as its source says it; one of that code that was entered before is left as it is."""
    known = await session.scalar(
        select(ConsentRule).where(col(ConsentRule.agency) == agency, col(ConsentRule.code) == rule["code"])
    )
    if known is None:
        session.add(ConsentRule.model_validate({"agency": agency, **rule}))
        await audit.record(session, by, "consent_rule.entered", str(rule["code"]))


async def lock(session: AsyncSession, consent_id: UUID) -> tuple[Consent, Story]:
    """The consent and its story, the story locked first. Raises LookupError."""
    found = await session.get(Consent, consent_id)
    if found is None:
        raise LookupError(f"no consent {consent_id}")
    story = await stories.lock(session, found.story_id)
    await session.refresh(found, with_for_update=True)
    return found, story


def _about(story: Story, consent: Consent) -> dict[str, object]:
    return {
        "story_id": story.id,
        "nomination_id": story.nomination_id,
        "origin_agency": story.origin_agency,
        "unit_id": story.unit_id,
        "consent_id": consent.id,
        "person_id": consent.person_id,
    }
