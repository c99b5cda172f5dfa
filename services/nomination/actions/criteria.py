"""Criteria packs: entered from files, added to by units, chosen for a new dossier. A pack is never changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions.plans import Agency
from services.nomination.rules.criteria import (
    BadPack,
    EvidenceKind,
    Papers,
    added,
    check_inherits,
    check_papers,
    next_code,
    next_version,
    read_criterion,
)
from services.nomination.rules.criteria import Criterion as Asked
from services.nomination.tables import Boast, Criterion, Pack, Unit
from shared import audit
from shared.audit import Actor
from shared.events import Category
from shared.names import lines

COLUMNS = ("evidence", "variants", "sources", "wordings")
"""What a file says of a criterion for people only."""
UNIT_MARK = "DV"
"""How the codes of criteria begin that an agency or a unit adds."""


async def enter_criteria(
    session: AsyncSession,
    agency: Agency,
    *,
    pack: str,
    criteria: Sequence[Mapping[str, Any]],
    by: Actor,
    title: str = "",
    based_on: str | None = None,
    since: date = date.min,
    scales: Mapping[str, Sequence[str]] | None = None,
    papers: Mapping[str, Mapping[str, Any]] | None = None,
    removes: Collection[str] = (),
    confirmed: bool = True,
) -> int:
    """Enter a version of a criteria pack, once: what was entered before is left as it is.

    `papers`: what dossiers need beside their claims, by kind of round. Returns how many criteria it has. Raises
    BadPack, PackTakesAway; LookupError when it is based on a pack that is not here.
    """
    if await find_pack(session, agency.id, pack) is not None:
        return 0
    own = [(read_criterion(one, scales), one) for one in criteria]
    asked = {kind: Papers(**one) for kind, one in (papers or {}).items()}
    inherited: Sequence[Criterion] = ()
    if based_on is not None:
        base = await find_pack(session, agency.id, based_on)
        if base is None:
            raise LookupError(f"{pack} is based on {based_on}, which is not here")
        inherited = await criteria_of(session, agency.id, based_on)
        asked = check_papers(pack, {kind: base.papers_for(kind) for kind in base.papers}, asked)
    told = {asked_.code: one for asked_, one in own}
    whole = check_inherits(pack, based_on or "", [one.asked for one in inherited], [one for one, _ in own], removes)
    known = {one.code: one for one in inherited}
    session.add(
        Pack(
            agency=agency.id,
            code=pack,
            title=title or pack,
            based_on=based_on,
            since=since,
            papers={kind: asdict(one) for kind, one in asked.items()},
            confirmed=confirmed,
        )
    )
    session.add_all(
        _inherited(known[one.code], pack, place, one)
        if one.code in known
        else _own(agency.id, pack, place, one, told[one.code])
        for place, one in enumerate(whole, 1)
    )
    await session.flush()
    await audit.record(session, by, "criteria.entered", pack)
    return len(whole)


def _own(agency: str, pack: str, place: int, one: Asked, told: Mapping[str, Any]) -> Criterion:
    more = {name: told[name] for name in COLUMNS if name in told}
    return Criterion(agency=agency, pack=pack, position=place, asks=_asks(one), **_said(one), **more)


def _inherited(one: Criterion, pack: str, place: int, asked: Asked | None = None) -> Criterion:
    """The same criterion in a pack based on its own; `asked`: what that pack asks for, if it asks for more."""
    kept = one.model_dump(exclude={"id", "pack", "position", "stated_by"})
    again = Criterion(**kept, pack=pack, position=place, stated_by=one.stated_by or one.pack)
    if asked is not None:
        again.asks = _asks(asked)
    return again


def _said(one: Asked) -> dict[str, Any]:
    category = Category(one.category) if one.category else None
    return {"code": one.code, "text": one.text, "category": category, "options": list(one.options)}


def _asks(one: Asked) -> dict[str, Any]:
    """What a criterion asks for, as its row keeps it; what says nothing is left out."""
    told = {
        "compulsory": one.compulsory,
        "overall": one.overall,
        "choose": one.choose,
        "threshold": {"levels": list(one.threshold.levels), "least": one.threshold.least} if one.threshold else None,
        "derived_from": one.derived_from,
        "kinds": sorted(one.kinds),
        "forms": sorted(one.forms),
    }
    return {name: value for name, value in told.items() if value}


async def find_pack(session: AsyncSession, agency: str, code: str) -> Pack | None:
    """The pack of that code."""
    return await session.scalar(select(Pack).where(col(Pack.agency) == agency, col(Pack.code) == code))


async def criteria_of(session: AsyncSession, agency: str, pack: str) -> Sequence[Criterion]:
    """The criteria of a pack, in its order."""
    query = select(Criterion).where(col(Criterion.agency) == agency, col(Criterion.pack) == pack)
    return list(await session.scalars(query.order_by(col(Criterion.position))))


async def pack_for(session: AsyncSession, agency: Agency, *, unit_id: UUID, on: date, by: Actor) -> str | None:
    """The pack that a new dossier of that unit is pinned to, none when nothing was entered.

    It is the agency's newest one with whatever the unit added to an earlier one.
    """
    newest = await newest_pack(session, agency.id, on)
    own = await newest_pack(session, agency.id, on, unit_id)
    if newest is None or own is None or own.based_on == newest.code:
        return own.code if own else newest.code if newest else None
    additions = [one for one in await criteria_of(session, agency.id, own.code) if one.added_for == unit_id]
    return await _build(session, agency, newest, unit_id=unit_id, additions=additions, since=on, by=by)


async def newest_pack(session: AsyncSession, agency: str, on: date, unit_id: UUID | None = None) -> Pack | None:
    """The newest pack in force: the one for everybody, or that of a unit."""
    whose = col(Pack.unit_id).is_(None) if unit_id is None else col(Pack.unit_id) == unit_id
    query = select(Pack).where(col(Pack.agency) == agency, whose, col(Pack.since) <= on)
    return await session.scalar(query.order_by(col(Pack.since).desc(), col(Pack.id).desc()).limit(1))


async def add_criterion(
    session: AsyncSession,
    agency: Agency,
    *,
    unit_id: UUID | None,
    text: str,
    category: Category | None,
    compulsory: bool,
    kinds: Collection[EvidenceKind],
    hint: str,
    since: date,
    by: Actor,
) -> Criterion:
    """Add a criterion of a unit, or of the agency, to what is inherited: a new version of the pack, for new dossiers.

    Raises BadPack without a pack to add to, TooMuch; LookupError for a unit that is not the agency's.
    """
    unit = await session.get(Unit, unit_id) if unit_id else None
    if unit_id and (unit is None or unit.agency != agency.id):
        raise LookupError("not of this agency")
    # Two additions at once would each be based on the same version: the later one waits.
    packs = select(col(Pack.id)).where(col(Pack.agency) == agency.id).order_by(col(Pack.id))
    await session.execute(packs.with_for_update())
    base = await newest_pack(session, agency.id, since)
    if base is None:
        raise BadPack("Cơ quan chưa nhập bộ tiêu chí nên chưa thêm được tiêu chí.")
    own = await newest_pack(session, agency.id, since, unit_id) if unit_id else None
    additions = (
        [one for one in await criteria_of(session, agency.id, own.code) if one.added_for == unit_id] if own else []
    )
    taken = await session.scalars(select(col(Criterion.code)).where(col(Criterion.agency) == agency.id).distinct())
    rules.check_length("text", text := lines(text))
    told = added(next_code(UNIT_MARK, taken), text, category, compulsory=compulsory, kinds=kinds)
    more = {"evidence": lines(hint), "sources": [unit.name] if unit else []}
    new = _own(agency.id, "", 0, told, more)
    new.added, new.added_for = True, unit_id
    pack = await _build(session, agency, base, unit_id=unit_id, additions=[*additions, new], since=since, by=by)
    query = select(Criterion).where(col(Criterion.agency) == agency.id, col(Criterion.pack) == pack)
    return (await session.scalars(query.where(col(Criterion.code) == told.code))).one()


async def _build(
    session: AsyncSession,
    agency: Agency,
    base: Pack,
    *,
    unit_id: UUID | None,
    additions: Sequence[Criterion],
    since: date,
    by: Actor,
) -> str:
    """A new version of a pack: all that the base has, then these. Its code."""
    codes = await session.scalars(select(col(Pack.code)).where(col(Pack.agency) == agency.id))
    code = next_version(base.code, codes)
    inherited = await criteria_of(session, agency.id, base.code)
    session.add(
        Pack(
            agency=agency.id,
            code=code,
            title=base.title,
            based_on=base.code,
            unit_id=unit_id,
            since=since,
            papers=base.papers,
            confirmed=base.confirmed,
        )
    )
    rows = [_inherited(one, code, place) for place, one in enumerate(inherited, 1)]
    for place, one in enumerate(additions, len(rows) + 1):
        again = _inherited(one, code, place)
        again.stated_by = one.stated_by or one.pack or code
        rows.append(again)
    session.add_all(rows)
    await session.flush()
    await audit.record(session, by, "criterion.added", code)
    return code


async def enter_boasts(session: AsyncSession, agency: Agency, *, boasts: Sequence[Mapping[str, Any]], by: Actor) -> int:
    """Enter superlatives with their dates; those that are known are left as they are. Returns how many are new."""
    new = 0
    for told in boasts:
        row = insert(Boast).values(**Boast(agency=agency.id, **told).model_dump()).on_conflict_do_nothing()
        new += len((await session.execute(row.returning(col(Boast.id)))).all())
    if new:
        await audit.record(session, by, "boasts.entered", agency.id)
    return new


async def boasts_on(session: AsyncSession, agency: str, on: date) -> Sequence[Boast]:
    """The superlatives of that day."""
    ends = or_(col(Boast.valid_to).is_(None), col(Boast.valid_to) > on)
    query = select(Boast).where(col(Boast.agency) == agency, col(Boast.valid_from) <= on, ends)
    return list(await session.scalars(query.order_by(col(Boast.id))))
