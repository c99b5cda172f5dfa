"""Where files are: the list of them, and one."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from services.nomination.api.calling import By
from services.nomination.queries import Dossier, as_json
from shared import readings
from shared.identity.allowed import allowed
from shared.web import Problem

router = APIRouter()


@router.get("/nominations", response_model=None, dependencies=[allowed("nomination.read")])
async def list_all(by: By, cursor: str = "", limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Response:
    """The files that the caller may see, newest first."""
    before = _before(cursor)
    async with by.runtime.database.bare.reading() as connection:
        found = await as_json.list_nominations(
            connection, agency=by.agency.id, units=by.units, before=before, limit=limit + 1
        )
    after = _cursor(found[limit - 1]["code"]) if len(found) > limit else None
    return Response(orjson.dumps({"items": found[:limit], "next": after}), media_type="application/json")


@router.get("/nominations/{code}", response_model=None, dependencies=[allowed("nomination.read")])
async def get(by: By, code: str, known: Annotated[str | None, Header(alias="If-None-Match")] = None) -> Response:
    """One file; `ETag` is its version."""
    async with by.runtime.database.reading() as session:
        found = await by.dossier(session, code)
    reader = by.rights.actor("nomination.read", found.nomination.unit_id)
    await readings.leave(by.runtime.database, reader, readings.EXPORT, found.nomination.id)
    headers = {"ETag": f'"{found.nomination.version}"', "Cache-Control": "private, no-cache"}
    if known == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(orjson.dumps(shown(found)), media_type="application/json", headers=headers)


def shown(found: Dossier) -> dict[str, Any]:
    """A nomination as the API shows it; how people are reached is never shown."""
    nomination = found.nomination
    return {
        "code": nomination.code,
        "id": str(nomination.id),
        "state": nomination.state,
        "version": nomination.version,
        "revision": nomination.revision,
        "late": nomination.late,
        "unit_id": str(nomination.unit_id),
        "round_id": str(nomination.round_id),
        "category": found.subject.category,
        "form": found.subject.form,
        "subject": {"name": found.subject.name, "position": found.subject.position},
        "on_behalf": found.nomination.on_behalf,
        "kin": nomination.kin,
        "opinions": [{"voice": one.voice, "who": one.who, "text": one.text} for one in found.paperwork.opinions],
        "claims": [
            {
                "criterion": answer.criterion.code,
                "text": answer.claim.text,
                "options": answer.claim.options,
                "level": answer.claim.level,
                "state": answer.claim.state,
                "evidence": [
                    {"kind": proof.kind, "text": proof.text, "fields": proof.fields, "file": proof.file_name}
                    for proof in answer.evidence
                ],
            }
            for answer in found.answers
            if answer.claim
        ],
        "readiness": [
            {
                "criterion": one.criterion,
                "status": one.status,
                "problems": [{"reason": each.reason, "cure": each.cure} for each in one.problems],
                "hints": one.hints,
            }
            for one in found.readiness.criteria
        ],
        "lacking": found.lacking,
        "started_at": _instant(nomination.started_at),
        "submitted_at": _instant(nomination.submitted_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _cursor(code: str) -> str:
    return base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


def _before(cursor: str) -> str:
    try:
        code = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Problem(400, "bad-cursor", "Con trỏ không đọc được") from None
    if not code.isprintable():
        raise Problem(400, "bad-cursor", "Con trỏ không đọc được")
    return code
