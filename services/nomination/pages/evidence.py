"""One more piece of evidence for a claim: a file, or fields by its kind."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, HTTPException, UploadFile
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import claims
from services.nomination.pages.claims import PATH, Open, opened, show_claim
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.rules.criteria import KIND_NAMES, EvidenceKind
from services.nomination.rules.evidence import FIELDS, BadEvidence
from shared import files
from shared.files import Accepted, FileRefused
from shared.identity.allowed import allowed
from shared.objects import StoreUnavailable

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
        accepted = await _accept(desk, file)
        async with desk.database.transaction() as session:
            await claims.add_evidence(session, claim_id=found.answer.claim.id, text=caption, file=accepted, by=by)
    except FileRefused as refusal:
        return show_claim(desk, found, errors={"file": refusal.text})
    except rules.TooMuch as refusal:
        return show_claim(desk, found, errors={refusal.field: str(refusal)})
    except StoreUnavailable:
        return show_claim(desk, found, errors={"file": "Kho tệp đang đầy hoặc không ghi được. Hãy thử lại sau."})
    except rules.Refusal as refusal:
        return show_claim(desk, found, errors={"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}#minh-chung")


async def _accept(desk: Desk, file: UploadFile | None) -> Accepted:
    """Look at an uploaded file and put it into the store. Raises FileRefused, StoreUnavailable."""
    content = await file.read(files.MOST_BYTES + 1) if file else b""
    accepted = files.accept(file.filename or "" if file else "", content)
    await desk.runtime.objects.put(files.path_of("nomination", accepted.sha256), content)
    return accepted
