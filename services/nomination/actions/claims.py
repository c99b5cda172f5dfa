"""What is claimed in a dossier, what stands behind it, and who looked into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions.dossiers import lock, note_edit
from services.nomination.rules import ClaimState
from services.nomination.rules.criteria import EvidenceKind
from services.nomination.rules.evidence import check_fields, in_one_line
from services.nomination.rules.papers import check_check, check_not_own
from services.nomination.tables import Claim, ClaimCheck, Evidence
from shared import audit, parcels
from shared.audit import Actor
from shared.files import Accepted
from shared.names import lines, normal


@dataclass(frozen=True)
class Chosen:
    """What is chosen beside the words of a claim: options ticked, a level, the dossier that it rests on."""

    options: Sequence[str] = ()
    level: str | None = None
    rests_on: UUID | None = None


async def write_claim(
    session: AsyncSession,
    *,
    nomination_id: UUID,
    criterion: str,
    text: str,
    version: int,
    by: Actor,
    chosen: Chosen | None = None,
) -> Claim:
    """Save what is claimed under a criterion; `version` is that of the claim the writer saw, 0 when there was none.

    `chosen`: none leaves what was chosen before. Whoever looked into the claim has not seen the new one. Raises
    NotADraft, NotReopened, ChangedMeanwhile, TooMuch.
    """
    nomination = await lock(session, nomination_id)
    rules.check_open(nomination.state, nomination.reopened, criterion)
    text = lines(text)
    rules.check_length("text", text)
    claim = await _claim(session, nomination_id, criterion)
    current = claim.version if claim else 0
    if current != version:
        raise rules.ChangedMeanwhile(claim.text if claim else "", current)
    await note_edit(session, nomination)
    if claim is None:
        claim = Claim(agency=nomination.agency, nomination_id=nomination_id, criterion=criterion, text=text)
        session.add(claim)
    else:
        claim.text, claim.version = text, claim.version + 1
    claim.state = ClaimState.UNVERIFIED
    if chosen is not None:
        claim.options, claim.level, claim.rests_on = sorted(chosen.options), chosen.level, chosen.rests_on
    await session.flush()
    await audit.record(session, by, "claim.written", claim.id)
    return claim


async def _claim(session: AsyncSession, nomination_id: UUID, criterion: str) -> Claim | None:
    return await session.scalar(
        select(Claim).where(col(Claim.nomination_id) == nomination_id, col(Claim.criterion) == criterion)
    )


async def add_evidence(
    session: AsyncSession, *, claim_id: UUID, text: str, file: Accepted | None = None, by: Actor
) -> Evidence:
    """Tie a piece of evidence to a claim: described, or a file that lies in the store already. A file that was sent
    again, because the line broke before the answer came, is the same piece.

    Raises NotADraft, NotReopened, TooMuch.
    """
    claim = await session.get_one(Claim, claim_id)
    nomination = await lock(session, claim.nomination_id)
    rules.check_open(nomination.state, nomination.reopened, claim.criterion)
    rules.check_length("caption" if file else "proof", text := lines(text))
    if file is not None:
        sent = (col(Evidence.claim_id) == claim_id, col(Evidence.sha256) == file.sha256)
        known = select(Evidence).where(*sent, col(Evidence.file_name) == file.name)
        if (again := await session.scalar(known.where(col(Evidence.text) == (text or file.name)))) is not None:
            return again
        sizes = [*await _sizes(session, nomination.id), file.size]
        rules.check_room(len(sizes), sum(sizes), parcels.MOST_FILES, parcels.MOST_DOSSIER)
    await note_edit(session, nomination)
    evidence = Evidence(
        agency=nomination.agency,
        claim_id=claim_id,
        kind=EvidenceKind.FILE if file else EvidenceKind.WORDS,
        text=text or (file.name if file else ""),
        sha256=file.sha256 if file else None,
        file_name=file.name if file else None,
        media_type=file.media_type if file else None,
        size=file.size if file else None,
    )
    return await _added(session, evidence, by)


async def add_proof(
    session: AsyncSession, *, claim_id: UUID, kind: EvidenceKind, fields: Mapping[str, str], today: date, by: Actor
) -> Evidence:
    """Tie a piece of evidence with fields of its own to a claim. Raises NotADraft, NotReopened, BadEvidence."""
    claim = await session.get_one(Claim, claim_id)
    nomination = await lock(session, claim.nomination_id)
    rules.check_open(nomination.state, nomination.reopened, claim.criterion)
    told = check_fields(kind, {name: normal(value) for name, value in fields.items()}, today)
    await note_edit(session, nomination)
    evidence = Evidence(
        agency=nomination.agency, claim_id=claim_id, kind=kind, text=in_one_line(kind, told), fields=told
    )
    return await _added(session, evidence, by)


async def _added(session: AsyncSession, evidence: Evidence, by: Actor) -> Evidence:
    session.add(evidence)
    await session.flush()
    await audit.record(session, by, "evidence.added", evidence.id)
    return evidence


async def remove_evidence(session: AsyncSession, *, nomination_id: UUID, evidence_id: UUID, by: Actor) -> str:
    """Take a piece of evidence out again; the code of its criterion. Whoever looked into the claim has seen another.

    A file that nothing else is tied to is erased within a day. Raises NotADraft, NotReopened; LookupError when it is
    not in this dossier.
    """
    nomination = await lock(session, nomination_id)
    evidence = await session.get(Evidence, evidence_id)
    claim = await session.get_one(Claim, evidence.claim_id) if evidence else None
    if evidence is None or claim is None or claim.nomination_id != nomination_id:
        raise LookupError("no such evidence")
    rules.check_open(nomination.state, nomination.reopened, claim.criterion)
    await note_edit(session, nomination)
    claim.state = ClaimState.UNVERIFIED
    await session.delete(evidence)
    await audit.record(session, by, "evidence.removed", claim.id)
    return claim.criterion


async def _sizes(session: AsyncSession, nomination_id: UUID) -> list[int]:
    """The bytes of each file of a dossier, the same content counted once, as its parcel holds it."""
    rows = await session.execute(
        select(col(Evidence.sha256), col(Evidence.size))
        .join(Claim, col(Claim.id) == col(Evidence.claim_id))
        .where(col(Claim.nomination_id) == nomination_id, col(Evidence.sha256).is_not(None))
        .distinct()
    )
    return [size or 0 for _, size in rows]


async def check_claim(
    session: AsyncSession, *, nomination_id: UUID, criterion: str, state: ClaimState, how: str, at: datetime, by: Actor
) -> ClaimCheck:
    """Somebody who did not write the dossier looked into a claim: it is verified, or disputed.

    Raises OwnFile, BadCheck; LookupError when nothing is claimed under that criterion.
    """
    nomination = await lock(session, nomination_id)
    check_not_own(nomination.nominator, by.identity)
    check_check(nomination.state, state, how := lines(how))
    claim = await _claim(session, nomination_id, criterion)
    if claim is None:
        raise LookupError("nothing is claimed there")
    claim.state = state
    nomination.version += 1
    check = ClaimCheck(
        agency=nomination.agency,
        nomination_id=nomination_id,
        claim_id=claim.id,
        claim_version=claim.version,
        state=state,
        how=how,
        checked_by=by.identity,
        role=by.role,
        at=at,
    )
    session.add(check)
    await session.flush()
    await audit.record(session, by, f"claim.{state.value}", claim.id)
    return check
