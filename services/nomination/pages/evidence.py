"""One more piece of evidence for a claim: a file, or fields by its kind."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, HTTPException, UploadFile
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import claims
from services.nomination.pages.claims import PATH, Open, opened, show_claim
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.kept_files import FULL, attachment, small_picture
from services.nomination.queries import Dossier
from services.nomination.rules.criteria import KIND_NAMES, EvidenceKind
from services.nomination.rules.evidence import FIELDS, BadEvidence
from services.nomination.tables import Evidence
from shared import readings
from shared.files import FileRefused
from shared.identity.allowed import allowed
from shared.objects import StoreUnavailable
from shared.uploads import take_in

router = APIRouter()
FIRST_WORDS = "Hãy viết và lưu thành tích trước, rồi thêm minh chứng."


@router.get(f"{PATH}/minh-chung/{{kind}}", dependencies=[allowed("nomination.write")])
async def ask(desk: AtDesk, code: str, criterion: str, kind: str) -> Response:
    """The fields of one kind of evidence."""
    chosen = _kind(kind)
    found = await opened(desk, code, criterion)
    desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    return _asking(desk, found, chosen, {}, {})


def _kind(kind: str) -> EvidenceKind:
    """A kind that is typed field by field; 404 for any other."""
    if kind not in FIELDS:
        raise HTTPException(404)
    return EvidenceKind(kind)


def _asking(
    desk: Desk, found: Open, kind: EvidenceKind, values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    return desk.pages.render(
        desk.request,
        "evidence.html",
        status_code=422 if errors else 200,
        dossier=found.dossier,
        answer=found.answer,
        kind=kind,
        kind_name=KIND_NAMES[kind],
        fields=FIELDS[kind],
        values={one.name: values.get(one.name, "") for one in FIELDS[kind]},
        errors=errors,
    )


@dataclass
class Typed:
    """The fields of every kind as they were sent; a kind takes its own."""

    about: Annotated[str, Form()] = ""
    link: Annotated[str, Form()] = ""
    what: Annotated[str, Form()] = ""
    before: Annotated[str, Form()] = ""
    after: Annotated[str, Form()] = ""
    measure: Annotated[str, Form()] = ""
    number: Annotated[str, Form()] = ""
    date: Annotated[str, Form()] = ""
    issuer: Annotated[str, Form()] = ""
    role: Annotated[str, Form()] = ""


@router.post(f"{PATH}/minh-chung/{{kind}}", dependencies=[allowed("nomination.write")])
async def add(desk: AtDesk, code: str, criterion: str, kind: str, typed: Annotated[Typed, Depends()]) -> Response:
    """Tie a piece of evidence with fields of its own to what is claimed."""
    chosen = _kind(kind)
    found = await opened(desk, code, criterion)
    by = desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    if found.answer.claim is None:
        return show_claim(desk, found, errors={"text": FIRST_WORDS})
    values = asdict(typed)
    try:
        async with desk.database.transaction() as session:
            await claims.add_proof(
                session,
                claim_id=found.answer.claim.id,
                kind=chosen,
                fields=values,
                today=desk.clock.today(),
                by=by,
            )
    except BadEvidence as refusal:
        return _asking(desk, found, chosen, values, refusal.errors)
    except rules.Refusal as refusal:
        return show_claim(desk, found, errors={"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}#minh-chung")


@router.post(f"{PATH}/tep", dependencies=[allowed("nomination.write")])
async def attach(
    desk: AtDesk,
    code: str,
    criterion: str,
    file: Annotated[UploadFile | None, File()] = None,
    caption: Annotated[str, Form()] = "",
) -> Response:
    """Tie a file to what is claimed. The words were saved before: a dropped line costs a photo, never a paragraph."""
    found = await opened(desk, code, criterion)
    by = desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    if found.answer.claim is None:
        return show_claim(desk, found, errors={"text": FIRST_WORDS})
    try:
        accepted = await take_in(desk.runtime, file)
        async with desk.database.transaction() as session:
            await claims.add_evidence(session, claim_id=found.answer.claim.id, text=caption, file=accepted, by=by)
    except FileRefused as refusal:
        return show_claim(desk, found, errors={"file": refusal.text})
    except rules.TooMuch as refusal:
        return show_claim(desk, found, errors={refusal.field: str(refusal)})
    except StoreUnavailable:
        return show_claim(desk, found, errors={"file": FULL})
    except rules.Refusal as refusal:
        return show_claim(desk, found, errors={"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}#minh-chung")


@router.get("/ho-so/{code}/minh-chung/{evidence_id}/bo", dependencies=[allowed("nomination.write")])
async def before_removing(desk: AtDesk, code: str, evidence_id: UUID) -> Response:
    """The piece of evidence, and what removing it means."""
    dossier = await desk.read(code)
    desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    return _removing(desk, dossier, evidence_id)


def _removing(desk: Desk, dossier: Dossier, evidence_id: UUID, error: str = "") -> Response:
    held = ((answer, one) for answer in dossier.answers for one in answer.evidence if one.id == evidence_id)
    answer, evidence = next(held, (None, None))
    if answer is None:
        raise HTTPException(404)
    return desk.pages.render(
        desk.request,
        "evidence_remove.html",
        status_code=409 if error else 200,
        dossier=dossier,
        answer=answer,
        evidence=evidence,
        kinds=KIND_NAMES,
        removable=dossier.is_open(answer.criterion.code),
        error=error,
    )


@router.post("/ho-so/{code}/minh-chung/{evidence_id}/bo", dependencies=[allowed("nomination.write")])
async def remove(desk: AtDesk, code: str, evidence_id: UUID) -> Response:
    """Take it out of the dossier; pressed twice it is gone once."""
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    about = {"nomination_id": dossier.nomination.id, "evidence_id": evidence_id}
    try:
        async with desk.database.transaction() as session:
            criterion = await claims.remove_evidence(session, by=by, **about)
    except LookupError:
        return see_other(f"/de-cu/ho-so/{code}")
    except rules.Refusal as refusal:
        return _removing(desk, dossier, evidence_id, str(refusal))
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}")


@router.get("/ho-so/{code}/tep/{sha256}", dependencies=[allowed("nomination.read")])
async def download(desk: AtDesk, code: str, sha256: str) -> Response:
    """A file of the dossier, always as an attachment."""
    kept = _kept(await desk.read(code, readings.FILE), sha256)
    return await attachment(desk, sha256, name=kept.file_name or "", media_type=kept.media_type, size=kept.size)


@router.get("/ho-so/{code}/tep/{sha256}/nho", dependencies=[allowed("nomination.read")])
async def small(desk: AtDesk, code: str, sha256: str) -> Response:
    """The small picture of a picture."""
    _kept(await desk.read(code), sha256)
    return await small_picture(desk, sha256)


def _kept(dossier: Dossier, sha256: str) -> Evidence:
    """The file of a dossier; 404 when it has none with that content."""
    kept = (one for answer in dossier.answers for one in answer.evidence if one.sha256 == sha256)
    found = next(kept, None)
    if found is None:
        raise HTTPException(404)
    return found
