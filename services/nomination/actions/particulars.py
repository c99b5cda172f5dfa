"""What an award's form asks of a person: written blind, opened by few, and each opening written down first."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.dossiers import lock
from services.nomination.actions.plans import Agency
from services.nomination.rules.particulars import BadParticular, asks_of, check_keeps, check_values, is_for
from services.nomination.tables import AwardForm, Nomination, Particular, Subject
from shared import audit, readings
from shared.audit import Actor
from shared.events import Category
from shared.field_keys import FieldKeys
from shared.names import normal


async def enter_award_forms(
    session: AsyncSession, agency: Agency, *, forms: Sequence[Mapping[str, Any]], by: Actor
) -> None:
    """Enter forms as a file says them; one of that code and first day that stands here already is replaced,
    and what it asks for no more is forgotten.

    Raises ValueError, TypeError, KeyError for a form that cannot be read.
    """
    for told in forms:
        form = AwardForm.model_validate({"agency": agency.id, **told})
        asks_of(form.asks)
        form.categories = [Category(one) for one in form.categories]
        same = (col(AwardForm.code) == form.code, col(AwardForm.valid_from) == form.valid_from)
        known = await session.scalar(
            select(AwardForm).where(col(AwardForm.agency) == agency.id, *same).with_for_update()
        )
        says = form.model_dump(exclude={"id"})
        if known is not None and known.model_dump(exclude={"id"}) == says:
            continue
        if known is None:
            session.add(form)
        else:
            known.sqlmodel_update(says)
            await _forget_unasked(session, known)
        await session.flush()
        await audit.record(session, by, "award_form.entered", f"{form.code}@{form.valid_from}")


async def _forget_unasked(session: AsyncSession, form: AwardForm) -> None:
    """Forget what dossiers hold for a form that asks for it no more."""
    of_form = select(col(Nomination.id)).where(col(Nomination.award_form_id) == form.id)
    asked = [ask.field for ask in asks_of(form.asks)]
    await session.execute(
        delete(Particular).where(col(Particular.nomination_id).in_(of_form), col(Particular.field).not_in(asked))
    )


async def choose_form(
    session: AsyncSession, *, nomination_id: UUID, form_id: UUID | None, today: date, by: Actor
) -> None:
    """Which form the dossier needs; none: no more. What the form does not ask for is erased.

    Raises BadParticular.
    """
    nomination = await lock(session, nomination_id)
    check_keeps(nomination.state)
    form = await _form_for(session, nomination, form_id, today) if form_id else None
    if nomination.award_form_id == form_id:
        return
    nomination.award_form_id = form_id
    kept = [ask.field for ask in asks_of(form.asks)] if form else []
    await erase(session, nomination_id=nomination_id, but=kept, by=by)
    await audit.record(session, by, "award_form.chosen", nomination_id)


async def _form_for(session: AsyncSession, nomination: Nomination, form_id: UUID, today: date) -> AwardForm:
    form = await session.get(AwardForm, form_id)
    subject = await session.get_one(Subject, nomination.subject_id)
    if (
        form is None
        or form.agency != nomination.agency
        or not is_for(subject.category, form.categories, form.valid_from, form.valid_to, today)
    ):
        raise BadParticular("form", "Mẫu này không dùng cho hồ sơ này. Hãy chọn một mẫu trong danh sách.")
    return form


async def write(
    session: AsyncSession, keys: FieldKeys, *, nomination_id: UUID, values: Mapping[str, str], at: datetime, by: Actor
) -> None:
    """Seal these values, by field; a blank one leaves what stands there. Raises BadParticular."""
    nomination = await lock(session, nomination_id)
    check_keeps(nomination.state)
    told = {field: text for field, given in values.items() if (text := normal(given))}
    form = await session.get(AwardForm, nomination.award_form_id) if nomination.award_form_id else None
    check_values(asks_of(form.asks) if form else (), told)
    known = {one.field: one for one in await _all(session, nomination_id)}
    for field, text in told.items():
        row = known.get(field) or Particular(
            agency=nomination.agency, nomination_id=nomination_id, field=field, sealed=b"", at=at
        )
        row.sealed, row.at = keys.seal(text, row.place), at
        session.add(row)
        await audit.record(session, by, "particular.written", nomination_id, note=field)


async def read(
    session: AsyncSession, keys: FieldKeys, *, nomination_id: UUID, fields: Sequence[str], by: Actor
) -> dict[str, str]:
    """Open these fields, as far as something is written there; a line of the audit for each, every time.

    Raises CannotOpen. The lines count once the transaction is committed: show nothing before.
    """
    found = {}
    for row in await _all(session, nomination_id):
        if row.field in fields:
            await audit.record(session, by, readings.PARTICULAR, nomination_id, note=row.field)
            found[row.field] = keys.open(row.sealed, row.place)
    return found


async def _all(session: AsyncSession, nomination_id: UUID) -> Sequence[Particular]:
    rows = select(Particular).where(col(Particular.nomination_id) == nomination_id)
    return list(await session.scalars(rows.order_by(col(Particular.field))))


async def erase(session: AsyncSession, *, nomination_id: UUID, by: Actor, but: Sequence[str] = ()) -> None:
    """Forget the values, all but those of some fields. The caller holds the nomination."""
    gone = delete(Particular).where(col(Particular.nomination_id) == nomination_id, col(Particular.field).not_in(but))
    erased = list(await session.scalars(gone.returning(col(Particular.field))))
    if erased:
        await audit.record(session, by, "particulars.erased", nomination_id, note=", ".join(sorted(erased)))


async def erase_all(session: AsyncSession, *, nomination_id: UUID, by: Actor) -> None:
    """Forget every value of a dossier."""
    await lock(session, nomination_id)
    await erase(session, nomination_id=nomination_id, by=by)


async def seal_anew(session: AsyncSession, keys: FieldKeys, *, most: int) -> int:
    """Seal with the newest key what another has sealed, so many values at most; how many. Raises CannotOpen."""
    other = func.substr(col(Particular.sealed), 1, len(keys.mark)) != keys.mark
    rows = select(Particular).where(other).order_by(col(Particular.id)).limit(most).with_for_update()
    found = list(await session.scalars(rows))
    for row in found:
        row.sealed = keys.seal(keys.open(row.sealed, row.place), row.place)
    return len(found)
