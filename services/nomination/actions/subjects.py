"""What is said of subjects that may be one. Each action has its turn, so that two that cross never make a ring."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination.actions.plans import Agency
from services.nomination.rules.subjects import BadMerge, BadSubject, Verdict, check_alike, standing
from services.nomination.tables import Nomination, Subject, SubjectPair
from shared import audit
from shared.audit import Actor

PIECE = 1000
"""Others are looked for of so many subjects at a time."""

# Of a name that thousands have, five: of the same code in the sector's data, then of the same unit, then the newest.
_LOOK = """with fresh as materialized (
update subjects set looked = true where id in (
select id from subjects where agency = :agency and not looked order by id limit :most for update skip locked)
returning id, agency, unit_id, same_key, external_ref, coalesce(extract(year from born_on), born_in) as born)
insert into subject_pairs (agency, id, one_id, other_id, verdict)
select distinct f.agency, gen_random_uuid(), least(f.id, o.id), greatest(f.id, o.id), 'asked'
from fresh f cross join lateral (
select s.id from subjects s where s.agency = f.agency and s.id <> f.id and (s.same_key = f.same_key
and (s.external_ref = '' or f.external_ref = '')
and coalesce(coalesce(extract(year from s.born_on), s.born_in) = f.born, true)
or f.external_ref <> '' and s.external_ref <> '' and s.external_ref = f.external_ref)
order by s.external_ref = f.external_ref and f.external_ref <> '' desc, s.unit_id = f.unit_id desc, s.id desc limit 5) o
on conflict (one_id, other_id) do nothing"""
_LEFT = "select exists (select from subjects where agency = :agency and not looked)"


async def look_for_others(session: AsyncSession, agency: Agency, *, most: int = PIECE) -> bool:
    """Note for some subjects that came since which others they may be; whether more are to be looked at."""
    await alone(session, agency.id)
    await session.execute(text(_LOOK), {"agency": agency.id, "most": most})
    return bool(await session.scalar(text(_LEFT), {"agency": agency.id}))


async def take(session: AsyncSession, *, unit_id: UUID, subject_id: UUID) -> Subject:
    """Somebody of a unit whom no dossier has yet, locked until one has. Raises BadSubject."""
    asked = select(Subject).where(col(Subject.id) == subject_id, col(Subject.unit_id) == unit_id)
    subject = await session.scalar(asked.with_for_update())
    if subject is None:
        raise BadSubject("subject", "Hãy chọn một người hoặc tập thể của đơn vị này.")
    if await session.scalar(select(exists().where(col(Nomination.subject_id) == subject_id))):
        raise BadSubject(
            "subject", "Người hoặc tập thể này vừa có hồ sơ. Hãy xem danh sách hồ sơ, hoặc chọn người khác."
        )
    return subject


async def merge(
    session: AsyncSession,
    agency: Agency,
    *,
    one_id: UUID,
    other_id: UUID,
    stands_id: UUID | None,
    at: datetime,
    by: Actor,
) -> UUID:
    """Two are one; the id of the one whose name stands. Said twice it is said once; nothing of dossiers is rewritten.

    Raises BadMerge; LookupError when they are not two of the agency.
    """
    one, other = await _both(session, agency, one_id, other_id)
    pair = await _pair(session, one, other)
    if pair.verdict is Verdict.MERGED and pair.stands_id is not None:
        return pair.stands_id
    if one.same_as or other.same_as:
        raise BadMerge("stands", "Một trong hai vừa được gộp với đối tượng khác. Hãy tải lại trang rồi xem lại.")
    check_alike((one.category, one.form), (other.category, other.form))
    if stands_id not in (one.id, other.id):
        raise BadMerge("stands", "Hãy chọn giữ tên nào.")
    pair.verdict, pair.stands_id, pair.said_at = Verdict.MERGED, stands_id, at
    merged = pair.merged_id
    below = or_(col(Subject.id) == merged, col(Subject.same_as) == merged)
    await session.execute(update(Subject).where(below).values(same_as=stands_id))
    await audit.record(session, by, "subject.merged", merged)
    return stands_id


async def part(session: AsyncSession, agency: Agency, *, one_id: UUID, other_id: UUID, at: datetime, by: Actor) -> None:
    """Two are not one, and nobody is asked again. Raises BadMerge for two that are merged; LookupError."""
    one, other = await _both(session, agency, one_id, other_id)
    pair = await _pair(session, one, other)
    if (one.same_as or one.id) == (other.same_as or other.id):
        raise BadMerge("stands", "Hai đối tượng này đang được gộp là một. Hãy hoàn tác việc gộp trước.")
    if pair.verdict is not Verdict.PARTED:
        pair.verdict, pair.said_at = Verdict.PARTED, at
        await audit.record(session, by, "subject.parted", pair.id)


async def undo(session: AsyncSession, agency: Agency, *, one_id: UUID, other_id: UUID, by: Actor) -> None:
    """What was said of two is as if it had never been said; what else was said of either stays. Raises LookupError."""
    one, other = await _both(session, agency, one_id, other_id)
    pair = await _pair(session, one, other)
    if pair.verdict is Verdict.ASKED:
        return
    stood = one.same_as or other.same_as
    was, pair.verdict, pair.stands_id, pair.said_at = pair.verdict, Verdict.ASKED, None, None
    await session.flush()
    if was is Verdict.MERGED:
        members = list(await session.scalars(select(Subject).where(col(Subject.same_as) == stood)))
        ids = [member.id for member in members]
        said = select(SubjectPair).where(
            col(SubjectPair.verdict) == Verdict.MERGED,
            or_(col(SubjectPair.one_id).in_(ids), col(SubjectPair.other_id).in_(ids)),
        )
        stands = standing({one.merged_id: one.stands_id for one in await session.scalars(said) if one.stands_id})
        for member in members:
            member.same_as = stands.get(member.id)
        await session.flush()
    await audit.record(session, by, "subject.unmerged" if was is Verdict.MERGED else "subject.unparted", pair.id)


async def alone(session: AsyncSession, agency: str) -> None:
    """One at a time says which subjects are one, or brings a list of them: of two that cross, the second sees the
    first."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"subjects of {agency}", 0))))


async def _both(session: AsyncSession, agency: Agency, one_id: UUID, other_id: UUID) -> tuple[Subject, Subject]:
    """Two subjects of the agency, locked, the smaller id first. Raises LookupError."""
    await alone(session, agency.id)
    both = select(Subject).where(col(Subject.agency) == agency.id, col(Subject.id).in_((one_id, other_id)))
    found = list(await session.scalars(both.order_by(col(Subject.id)).with_for_update()))
    if len(found) != 2:
        raise LookupError("not two subjects of this agency")
    return found[0], found[1]


async def _pair(session: AsyncSession, one: Subject, other: Subject) -> SubjectPair:
    """What was said of two until now."""
    row = {"id": uuid7(), "agency": one.agency, "one_id": one.id, "other_id": other.id, "verdict": Verdict.ASKED}
    await session.execute(insert(SubjectPair).values(row).on_conflict_do_nothing())
    here = col(SubjectPair.one_id) == one.id, col(SubjectPair.other_id) == other.id
    return (await session.execute(select(SubjectPair).where(*here))).scalar_one()
