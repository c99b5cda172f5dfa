"""What stands in a dossier beside its claims: others' opinions, the nominee's answer, the head's confirmation."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import particulars
from services.nomination.actions.dossiers import lock, note_edit, tell_confirmation
from services.nomination.rules import Relation
from services.nomination.rules.papers import (
    Answered,
    Voice,
    check_answerable,
    check_askable,
    check_confirmable,
    check_kin,
    check_leavable,
    check_opinion,
)
from services.nomination.tables import Agreement, Confirmation, Opinion, Subject
from shared import audit
from shared.audit import Actor
from shared.events import Category
from shared.names import lines, normal

LIFE = timedelta(days=30)
"""How long a nominee can answer."""
NOMINEE = Actor("system:link", "nominee")
"""Whoever holds a nominee's link."""


async def add_opinion(
    session: AsyncSession, *, nomination_id: UUID, voice: Voice, who: str, text: str, by: Actor
) -> Opinion:
    """Write down what somebody in a role thinks of the nominee. Raises NotADraft, NotReopened, BadOpinion, TooMuch."""
    nomination = await lock(session, nomination_id)
    rules.check_open(nomination.state, nomination.reopened, "opinions")
    who, text = normal(who), lines(text)
    check_opinion(who, text)
    rules.check_length("opinion", text)
    await note_edit(session, nomination)
    opinion = Opinion(agency=nomination.agency, nomination_id=nomination_id, voice=voice, who=who, text=text)
    session.add(opinion)
    await session.flush()
    await audit.record(session, by, "opinion.written", nomination_id)
    return opinion


async def remove_opinion(session: AsyncSession, *, nomination_id: UUID, opinion_id: UUID, by: Actor) -> None:
    """Take an opinion out again. Raises NotADraft, NotReopened; LookupError when it is not in this dossier."""
    nomination = await lock(session, nomination_id)
    rules.check_open(nomination.state, nomination.reopened, "opinions")
    opinion = await session.get(Opinion, opinion_id)
    if opinion is None or opinion.nomination_id != nomination_id:
        raise LookupError("no such opinion")
    await note_edit(session, nomination)
    await session.delete(opinion)
    await audit.record(session, by, "opinion.removed", nomination_id)


async def ask_nominee(session: AsyncSession, *, nomination_id: UUID, at: datetime, by: Actor) -> Agreement:
    """Ask whom a dossier is about, or a child's guardian, whether they agree; an earlier question stands no more.

    Raises NotADraft, Answered.
    """
    nomination = await lock(session, nomination_id)
    newest = await _newest(session, nomination_id)
    check_askable(nomination.state, newest.agreed if newest else None)
    subject = await session.get_one(Subject, nomination.subject_id)
    asked = Agreement(
        agency=nomination.agency,
        nomination_id=nomination_id,
        relation=Relation.GUARDIAN if subject.category is Category.PUPIL else Relation.SELF,
        asked_at=at,
        expires_at=at + LIFE,
    )
    session.add(asked)
    nomination.version += 1
    await session.flush()
    await audit.record(session, by, "nominee.asked", nomination_id)
    return asked


async def _newest(session: AsyncSession, nomination_id: UUID) -> Agreement | None:
    query = select(Agreement).where(col(Agreement.nomination_id) == nomination_id)
    return await session.scalar(query.order_by(col(Agreement.id).desc()).limit(1))


async def answer(session: AsyncSession, *, agreement_id: UUID, agreed: bool, at: datetime) -> None:
    """The nominee's word, once. Raises Answered when it was given, asked anew, too late, or no longer needed."""
    asked = await session.get(Agreement, agreement_id)
    if asked is None:
        raise Answered("Câu hỏi này không còn.")
    nomination = await lock(session, asked.nomination_id)
    await session.refresh(asked)
    newest = await _newest(session, asked.nomination_id)
    check_answerable(
        nomination.state, asked.agreed, newest=newest is not None and newest.id == asked.id, late=at > asked.expires_at
    )
    asked.agreed, asked.answered_at = agreed, at
    nomination.version += 1
    if not agreed:
        await particulars.erase(session, nomination_id=nomination.id, by=NOMINEE)
    await audit.record(session, NOMINEE, "nominee.agreed" if agreed else "nominee.declined", nomination.id)


async def confirm(
    session: AsyncSession, *, nomination_id: UUID, edits: int, at: datetime, by: Actor, name: str = ""
) -> Confirmation:
    """The head of the unit stands by the dossier as they saw it, after so many `edits`; an officer where it is left
    to the agency. `name`: that of whoever confirms.

    Raises NotADraft, AboutYourself, NotTheAgencys, OwnFile, or ChangedMeanwhile when it was changed since.
    """
    nomination = await lock(session, nomination_id)
    subject = await session.get_one(Subject, nomination.subject_id)
    check_confirmable(
        nomination.state,
        nomination.nominator,
        by.identity,
        by.role,
        about_yourself=subject.is_called(name),
        left=nomination.left_to_agency,
    )
    if nomination.edits != edits:
        raise rules.ChangedMeanwhile("", nomination.version)
    nomination.version += 1
    made = Confirmation(
        agency=nomination.agency, nomination_id=nomination_id, edits=edits, confirmed_by=by.identity, at=at
    )
    session.add(made)
    await session.flush()
    tell_confirmation(session, nomination, waits=False, at=at)
    await audit.record(session, by, "nomination.confirmed", nomination_id)
    return made


async def leave_to_agency(session: AsyncSession, *, nomination_id: UUID, at: datetime, by: Actor, name: str) -> None:
    """A head whom the dossier is about leaves its confirmation to an officer of the agency.

    Raises NotADraft, NotAboutYourself.
    """
    nomination = await lock(session, nomination_id)
    subject = await session.get_one(Subject, nomination.subject_id)
    check_leavable(nomination.state, by.role, about_yourself=subject.is_called(name))
    if not nomination.left_to_agency:
        nomination.left_to_agency = True
        tell_confirmation(session, nomination, waits=True, at=at)
        await audit.record(session, by, "confirmation.left", nomination_id)


async def say_kin(session: AsyncSession, *, nomination_id: UUID, kin: str, by: Actor) -> None:
    """Whoever sends a dossier says how they are related to whom it is about; empty: not at all.

    A relation is a change of the dossier: whoever confirmed it before did not know. Raises NotADraft, BadKin.
    """
    nomination, kin = await lock(session, nomination_id), normal(kin)
    rules.check_editable(nomination.state)
    check_kin(kin)
    if (nomination.kin, nomination.kin_said_by) == (kin, by.identity):
        return
    if kin and kin != nomination.kin:
        await note_edit(session, nomination)
    else:
        nomination.version += 1
    nomination.kin, nomination.kin_said_by = kin, by.identity
    await audit.record(session, by, "kin.said", nomination_id)
