"""Which form a dossier needs, and which of its fields are written; never what stands in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries import Dossier
from services.nomination.rules.particulars import Ask, asks_of, is_for
from services.nomination.tables import AwardForm, Particular


@dataclass(frozen=True)
class Needed:
    """What a dossier's form asks for; no form: nothing."""

    form: AwardForm | None = None
    written: Mapping[str, datetime] | None = None
    """When a field was written last; those that were not are not in it."""

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The fields in the form's order."""
        return asks_of(self.form.asks) if self.form else ()

    def stands(self, field: str) -> bool:
        """Whether something is written there."""
        return field in (self.written or {})


async def get_needed(session: AsyncSession, dossier: Dossier) -> Needed:
    """What the dossier's form asks for, and what of it is written."""
    form_id, nomination_id = dossier.nomination.award_form_id, dossier.nomination.id
    if form_id is None:
        return Needed()
    rows = await session.scalars(select(Particular).where(col(Particular.nomination_id) == nomination_id))
    return Needed(await session.get_one(AwardForm, form_id), {one.field: one.at for one in rows})


async def list_forms(session: AsyncSession, dossier: Dossier, *, on: date) -> Sequence[AwardForm]:
    """The forms of that day for whom a dossier is about."""
    query = select(AwardForm).where(col(AwardForm.agency) == dossier.nomination.agency)
    forms = await session.scalars(query.order_by(func.lower(col(AwardForm.title)), col(AwardForm.id)))
    category = dossier.subject.category
    return [one for one in forms if is_for(category, one.categories, one.valid_from, one.valid_to, on)]
