"""What goes into nomination's parcels: the dossier for the council, the material of a story, the contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries import Dossier, get_dossier
from services.nomination.tables import Nomination, Person
from shared.parcels import FileEntry, Manifest


@dataclass(frozen=True)
class ToPack:
    """A manifest, and the files that have to be put beside it."""

    manifest: Manifest
    sha256s: Sequence[str]


def dossier_of(found: Dossier) -> ToPack:
    """The whole dossier, for the council that reviews it."""
    files = {
        proof.sha256: FileEntry(
            name=proof.file_name or "", type=proof.media_type or "", size=proof.size or 0, sha256=proof.sha256
        )
        for answer in found.answers
        for proof in answer.evidence
        if proof.sha256
    }
    fields = {
        "subject_name": found.subject.name,
        "subject_position": found.subject.position,
        "claims": [
            {
                "criterion": answer.criterion.code,
                "criterion_text": answer.criterion.text,
                "text": answer.claim.text,
                "evidence": [
                    {"text": proof.text, "sha256": proof.sha256, "name": proof.file_name, "size": proof.size}
                    for proof in answer.evidence
                ],
            }
            for answer in found.answers
            if answer.claim and answer.claim.text
        ],
    }
    return ToPack(_manifest(found.nomination, fields, list(files.values())), list(files))


def material_of(found: Dossier, persons: Sequence[Person]) -> ToPack:
    """What may be told, and who has to agree to it: a whitelist; no files, no addresses, no evidence."""
    fields = {
        "name": found.subject.name,
        "position": found.subject.position,
        "unit": found.unit.name,
        "born_on": found.subject.born_on.isoformat() if found.subject.born_on else None,
        "points": [a.claim.text for a in found.answers if a.claim and a.claim.text],
        "persons": [{"person_id": str(one.id), "relation": str(one.relation)} for one in persons],
    }
    return ToPack(_manifest(found.nomination, fields, []), [])


def contacts_of(found: Dossier, persons: Sequence[Person]) -> ToPack:
    """How the people concerned are reached."""
    fields = {
        "persons": [
            {"person_id": str(one.id), "relation": str(one.relation), "name": one.name, "email": one.email}
            for one in persons
        ]
    }
    return ToPack(_manifest(found.nomination, fields, []), [])


async def find_for_packing(session: AsyncSession, nomination_id: UUID) -> tuple[Dossier, list[Person]]:
    """The dossier and the people concerned. Raises LookupError."""
    nomination = await session.get(Nomination, nomination_id)
    if nomination is None:
        raise LookupError(f"no nomination {nomination_id}")
    found = await get_dossier(session, agency=nomination.agency, code=nomination.code)
    assert found is not None
    return found, await persons_of(session, found.subject.id)


async def persons_of(session: AsyncSession, subject_id: UUID) -> list[Person]:
    """The people concerned with a subject, the subject first."""
    rows = await session.scalars(select(Person).where(col(Person.subject_id) == subject_id))
    return sorted(rows, key=lambda one: one.relation != "self")


def _manifest(nomination: Nomination, fields: dict[str, Any], files: list[FileEntry]) -> Manifest:
    ids = {"nomination_id": str(nomination.id), "subject_id": str(nomination.subject_id)}
    return Manifest(ids=ids, rule_set=nomination.rule_set, fields=fields, files=tuple(files))
