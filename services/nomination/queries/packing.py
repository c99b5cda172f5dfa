"""What goes into nomination's parcels: the dossier for the council, the material of a story, the contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries import Dossier, get_dossier
from services.nomination.rules.reports import ReportState
from services.nomination.rules.revisions import changes
from services.nomination.tables import Claim, Evidence, Nomination, Report
from shared import door, files, parcels
from shared.events import Sealed
from shared.parcels import FileEntry, Manifest
from shared.runtime import Runtime


@dataclass(frozen=True)
class ToPack:
    """A manifest, and the files that have to be put beside it."""

    manifest: Manifest
    sha256s: Sequence[str] = ()


PRIVATE = ("born_on", "persons")
"""What a parcel says of people that no list of changes shows."""


def content_of(found: Dossier) -> dict[str, Any]:
    """What the dossier says now, as its revisions keep it."""
    return {name: value for name, value in _fields(found).items() if name not in PRIVATE}


def dossier_of(found: Dossier, before: Mapping[str, Any] | None = None) -> ToPack:
    """The whole dossier, for the council that reviews it, with what changed since the revision that it has."""
    kept = {
        proof.sha256: FileEntry(
            name=proof.file_name or "", type=proof.media_type or "", size=proof.size or 0, sha256=proof.sha256
        )
        for answer in found.answers
        for proof in answer.evidence
        if proof.sha256
    }
    fields = _fields(found)
    if before is not None:
        fields["changes"] = [asdict(one) for one in changes(before, content_of(found))]
    return ToPack(_manifest(found.nomination, fields, list(kept.values())), list(kept))


def _fields(found: Dossier) -> dict[str, Any]:
    return {
        "subject_name": found.subject.name,
        "subject_position": found.subject.position,
        "unit": found.unit.name,
        "born_on": found.subject.born_on.isoformat() if found.subject.born_on else None,
        "form": found.subject.form,
        "writer": found.nomination.writer,
        "on_behalf": found.nomination.on_behalf,
        "kin": found.nomination.kin,
        "kin_to": found.asks_kin,
        "opinions": [{"voice": one.voice, "who": one.who, "text": one.text} for one in found.paperwork.opinions],
        "persons": [{"person_id": str(one.id), "relation": str(one.relation)} for one in found.persons],
        "claims": [
            {
                "criterion": answer.criterion.code,
                "criterion_text": found.words_of(answer.criterion),
                "text": answer.claim.text,
                "options": answer.chosen_options,
                "level": answer.claim.level,
                "rests_on": _code_of(found, answer.claim),
                "state": answer.claim.state,
                "evidence": [_told(proof) for proof in answer.evidence],
            }
            for answer in found.answers
            if answer.claim and (answer.claim.text or answer.claim.rests_on)
        ],
    }


def _code_of(found: Dossier, claim: Claim) -> str | None:
    """The code of the dossier that a claim rests on."""
    linked = found.links.get(claim.rests_on) if claim.rests_on else None
    return linked.code if linked else None


def _told(proof: Evidence) -> dict[str, Any]:
    return {
        "kind": proof.kind,
        "text": proof.text,
        "fields": proof.fields,
        "sha256": proof.sha256,
        "name": proof.file_name,
        "size": proof.size,
    }


def material_of(found: Dossier) -> ToPack:
    """What may be told, and who has to agree to it: a whitelist; no files, no addresses, no evidence."""
    fields = {
        "name": found.subject.name,
        "position": found.subject.position,
        "unit": found.unit.name,
        "born_on": found.subject.born_on.isoformat() if found.subject.born_on else None,
        "points": [a.claim.text for a in found.answers if a.claim and a.claim.text],
        "persons": [{"person_id": str(one.id), "relation": str(one.relation)} for one in found.persons],
    }
    return ToPack(_manifest(found.nomination, fields, []))


def contacts_of(found: Dossier) -> ToPack:
    """How the people concerned are reached."""
    fields = {
        "persons": [
            {"person_id": str(one.id), "relation": str(one.relation), "name": one.name, "email": one.email}
            for one in found.persons
        ]
    }
    return ToPack(_manifest(found.nomination, fields, []))


async def find_for_packing(session: AsyncSession, nomination_id: UUID) -> Dossier:
    """The dossier of a nomination. Raises LookupError when there is no such nomination."""
    nomination = await session.get(Nomination, nomination_id)
    found = nomination and await get_dossier(session, agency=nomination.agency, code=nomination.code, units=None)
    if not found:
        raise LookupError(f"no nomination {nomination_id}")
    return found


async def seal(runtime: Runtime, packed: ToPack, reader: str) -> Sealed:
    """Put a parcel for another service of this agency into the store, before any transaction speaks of it.

    Raises StoreUnavailable, ObjectMissing, NoRecipient.
    """
    contents = {sha256: await runtime.objects.get(files.path_of(runtime.service, sha256)) for sha256 in packed.sha256s}
    return await parcels.store(
        runtime.objects,
        runtime.federation,
        agency=runtime.agency.id,
        owner=runtime.service,
        reader=reader,
        manifest=packed.manifest,
        files=contents,
        on=runtime.clock.today(),
    )


async def wanted(session: AsyncSession) -> set[UUID]:
    """Parcels of ours that nobody may sweep though no event names them yet: offered ones, and reports not sent yet."""
    sending = select(col(Report.parcel)).where(
        col(Report.state) == ReportState.SENDING, col(Report.parcel).is_not(None)
    )
    return await door.offered(session) | {UUID(one["parcel_id"]) for one in await session.scalars(sending) if one}


def report_manifest(report: Report) -> Manifest:
    """What a report's parcel holds: its words. Its figures are said in the event."""
    fields = {"title": report.title, "words": report.words, "version": report.version}
    return Manifest(ids={"report_id": str(report.id)}, fields=fields)


def _manifest(nomination: Nomination, fields: dict[str, Any], entries: list[FileEntry]) -> Manifest:
    ids = {"nomination_id": str(nomination.id), "subject_id": str(nomination.subject_id)}
    return Manifest(ids=ids, rule_set=nomination.rule_set, fields=fields, files=tuple(entries))
