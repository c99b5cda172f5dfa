"""What goes into review's parcels: a case for the parent's council, the material of a story."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review.rules import Referral
from services.review.tables import Case, Dossier, Letter, Receipt, ReferralRow
from shared import door, files
from shared.events import Sealed
from shared.parcels import FileEntry, Manifest
from shared.runtime import Runtime


@dataclass(frozen=True)
class ToRefer:
    """A referral on its way; `sealed` is its parcel once that is stored."""

    row: ReferralRow
    manifest: Manifest
    sealed: Sealed | None


async def find_referral(session: AsyncSession, row_id: UUID) -> ToRefer:
    """A referral of ours with what its parcel holds: the dossier as it lies here, and the words of those concerned."""
    row = await session.get_one(ReferralRow, row_id)
    case = await session.get_one(Case, row.case_id)
    dossier = await _dossier(session, case, row.revision)
    receipts = await _receipts(session, case)
    manifest = Manifest(
        ids={"nomination_id": str(case.nomination_id), "referral_id": str(row.referral_id)},
        rule_set=case.criteria,
        fields=dossier.content | ({"consents": receipts} if receipts else {}) | await _letter(session, row),
        files=tuple(FileEntry.model_validate(one) for one in dossier.files),
    )
    return ToRefer(row, manifest, None if row.parcel is None else Sealed.model_validate(row.parcel))


async def _letter(session: AsyncSession, row: ReferralRow) -> dict[str, Any]:
    """The letter that covers a referral, for whoever receives it."""
    letter = await session.get(Letter, row.letter_id) if row.letter_id else None
    if letter is None:
        return {}
    return {"letter": {"number": letter.number, "dated": letter.dated.isoformat(), "words": letter.words}}


async def wanted(session: AsyncSession) -> set[UUID]:
    """Parcels of ours that nobody may sweep though no event names them: offered ones, and those not sent yet."""
    waiting = col(ReferralRow.state).in_((Referral.SENDING, Referral.FAILED))
    rows = await session.scalars(select(ReferralRow).where(waiting, col(ReferralRow.parcel).is_not(None)))
    return await door.offered(session) | {UUID(row.parcel["parcel_id"]) for row in rows if row.parcel}


async def material_of(session: AsyncSession, case_id: UUID) -> Manifest:
    """What may be told of an exemplar that came from below: no files, no evidence."""
    case = await session.get_one(Case, case_id)
    content = (await _dossier(session, case, case.revision)).content
    told = {  # a whitelist
        "name": content["subject_name"],
        "position": content.get("subject_position") or "",
        "unit": content.get("unit") or "",
        "born_on": content.get("born_on"),
        "persons": content.get("persons") or [],
        "consents": content.get("consents") or [],
        "points": [claim["text"] for claim in content["claims"]],
    }
    ids = {"nomination_id": str(case.nomination_id), "case_id": str(case.id)}
    return Manifest(ids=ids, rule_set=case.criteria, fields=told)


async def files_of(runtime: Runtime, manifest: Manifest) -> dict[str, bytes]:
    """The contents of a manifest's files, by SHA-256. Raises ObjectMissing, StoreUnavailable."""
    paths = {one.sha256: files.path_of(runtime.service, one.sha256) for one in manifest.files}
    return {sha256: await runtime.objects.get(path) for sha256, path in paths.items()}


async def _dossier(session: AsyncSession, case: Case, revision: int) -> Dossier:
    found = await session.execute(
        select(Dossier).where(col(Dossier.case_id) == case.id, col(Dossier.revision) == revision)
    )
    return found.scalar_one()


async def _receipts(session: AsyncSession, case: Case) -> Sequence[dict[str, Any]]:
    rows = await session.scalars(
        select(Receipt)
        .where(
            col(Receipt.agency) == case.agency,
            col(Receipt.origin_agency) == case.origin_agency,
            col(Receipt.nomination_id) == case.nomination_id,
        )
        .order_by(col(Receipt.consent_id))
    )
    return [one.model_dump(mode="json", exclude={"agency", "nomination_id", "origin_agency"}) for one in rows]
