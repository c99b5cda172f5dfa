"""The JSON side of nominating, for a school's own software: drafts, hand-ins, and where files are.

Errors are problem+json (RFC 9457). What changes something takes an `Idempotency-Key`: the same call sent again has one
effect and one answer. Lists are `{items, next}`; `next` is an opaque cursor.
"""

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries, rules
from services.nomination.actions import nominations, plans
from services.nomination.queries import Dossier, as_json, packing
from services.nomination.rules import Relation
from shared import idempotency, readings
from shared.audit import Actor
from shared.clock import Clock
from shared.events import Category
from shared.identity.allowed import Granted, allowed
from shared.policy import Rights
from shared.runtime import Runtime
from shared.web import Now, Problem

router = APIRouter(prefix="/api/v1/nomination", tags=["nominations"])
PATH = "/api/v1/nomination/nominations"


class Written(BaseModel):
    """What a caller sends: fields that are not known are a mistake."""

    model_config = ConfigDict(extra="forbid")


class Subject(Written):
    """Whom it is about."""

    name: str = Field(min_length=2, max_length=rules.LONGEST["name"])
    position: str = Field("", max_length=rules.LONGEST["position"])


class Claim(Written):
    """What is claimed under a criterion, and what stands behind it in words."""

    criterion: str
    text: str = Field(min_length=1, max_length=rules.LONGEST["text"])
    evidence: list[Annotated[str, Field(min_length=1, max_length=rules.LONGEST["proof"])]] = Field(
        default_factory=list, max_length=20
    )


class Guardian(Written):
    """Who speaks for a child."""

    name: str = Field(max_length=rules.LONGEST["guardian"])
    email: str


class Contacts(Written):
    """How those are reached whose word a story will need."""

    email: str = ""
    guardian: Guardian | None = None
    born_on: date | None = None


class Draft(Written):
    """A new nomination."""

    unit_id: UUID
    round_id: UUID
    category: Category
    subject: Subject
    claims: list[Claim] = Field(default_factory=list, max_length=50)
    contacts: Contacts | None = None


class Caller:
    """Who calls, and on what."""

    def __init__(self, request: Request, rights: Rights, clock: Clock) -> None:
        runtime: Runtime = request.app.state.runtime
        self.request, self.rights, self.clock, self.runtime = request, rights, clock, runtime
        self.person = rights.person
        self.agency = plans.Agency(runtime.agency.id, runtime.agency.mark)

    @property
    def units(self) -> frozenset[UUID] | None:
        """The units whose files the caller may see; None: of all."""
        return self.rights.units("nomination.read")

    async def dossier(self, session: AsyncSession, code: str) -> Dossier:
        """The dossier of that code; a foreign one does not exist for the caller."""
        found = await queries.get_dossier(session, agency=self.agency.id, code=code, units=self.units)
        if found is None:
            raise Problem(404, "not-found", "Không có hồ sơ này")
        return found

    async def call(self, key: str | None) -> idempotency.Call:
        """This call as its key knows it. Raises Problem without a usable key."""
        if not key or len(key) > idempotency.LONGEST or not key.isprintable():
            raise Problem(400, "idempotency-key-missing", "Thiếu Idempotency-Key", detail="Hãy gửi kèm một khóa mới.")
        route = f"{self.request.method} {self.request.url.path}"
        return idempotency.Call(
            self.agency.id, "|".join(self.person.identity), route, key, await self.request.body(), self.clock.real()
        )


async def _caller(request: Request, rights: Granted, clock: Now) -> Caller:
    return Caller(request, rights, clock)


By = Annotated[Caller, Depends(_caller)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]


@router.post("/nominations", status_code=201, response_model=None, dependencies=[allowed("nomination.start")])
async def create(by: By, draft: Draft, key: Key = None) -> Response:
    """Begin a draft, with what is claimed so far."""
    call = await by.call(key)
    own = by.rights.units("nomination.start")
    if own is not None and draft.unit_id not in own:
        raise _wrong("unit_id", "unit-not-own", "Chỉ giới thiệu được người của đơn vị mình")
    actor = by.rights.actor("nomination.start", draft.unit_id)
    try:
        async with by.runtime.database.transaction() as session:
            before = await idempotency.begin(session, call)
            if before is not None:
                return _answer(before)
            code = await _write(session, by, draft, actor)
            found = await by.dossier(session, code)
            answer = idempotency.Answer(201, f"{PATH}/{code}", orjson.dumps(shown(found)))
            await idempotency.keep(session, call, answer)
    except rules.Refusal as refusal:
        raise _problem(refusal) from None
    except idempotency.KeyReused:
        raise _reused() from None
    return _answer(answer)


async def _write(session: AsyncSession, by: Caller, draft: Draft, actor: Actor) -> str:
    pack = await queries.newest_pack(session, agency=by.agency.id)
    if pack is None:
        raise rules.RoundNotOpen("Cơ quan chưa nhập bộ tiêu chí nên chưa nhận hồ sơ.")
    try:
        nomination = await nominations.start_nomination(
            session,
            by.agency,
            unit_id=draft.unit_id,
            round_id=draft.round_id,
            category=draft.category,
            name=draft.subject.name,
            position=draft.subject.position,
            rule_set=pack,
            at=by.clock.now(),
            today=by.clock.today(),
            by=actor,
        )
    except LookupError:
        raise _wrong("round_id", "unknown-round", "Không có đơn vị hoặc đợt này") from None
    found = await by.dossier(session, nomination.code)
    known = {answer.criterion.code for answer in found.answers}
    for number, claim in enumerate(draft.claims):
        if claim.criterion not in known:
            raise _wrong(f"claims/{number}/criterion", "unknown-criterion", "Không có tiêu chí này trong bộ tiêu chí")
        written = await nominations.write_claim(
            session, nomination_id=nomination.id, criterion=claim.criterion, text=claim.text, version=0, by=actor
        )
        for text in claim.evidence:
            await nominations.add_evidence(session, claim_id=written.id, text=text, by=actor)
    if draft.contacts is not None:
        await _contacts(session, by, draft.contacts, nomination.id, actor)
    return nomination.code


async def _contacts(session: AsyncSession, by: Caller, given: Contacts, nomination_id: UUID, actor: Actor) -> None:
    emails = {Relation.SELF: given.email.strip()}
    if given.guardian is not None:
        emails[Relation.GUARDIAN] = given.guardian.email.strip()
    await nominations.set_contacts(
        session,
        nomination_id=nomination_id,
        emails=emails,
        guardian=given.guardian.name if given.guardian else "",
        born_on=given.born_on,
        today=by.clock.today(),
        by=actor,
        own_email=by.person.email,
    )


@router.post("/nominations/{code}/submission", response_model=None, dependencies=[allowed("nomination.submit")])
async def submit(by: By, code: str, key: Key = None) -> Response:
    """Hand a dossier in, the first time or corrected."""
    call = await by.call(key)
    try:
        async with by.runtime.database.transaction() as session:
            before = await idempotency.known(session, call)
            if before is not None:
                return _answer(before)
            found = await by.dossier(session, code)
            actor = by.rights.actor("nomination.submit", found.nomination.unit_id)
            await nominations.check_submittable(session, nomination_id=found.nomination.id, today=by.clock.today())
        sealed = await packing.seal(by.runtime, packing.dossier_of(found), "review")
        async with by.runtime.database.transaction() as session:
            before = await idempotency.begin(session, call)
            if before is not None:
                return _answer(before)
            await nominations.submit_nomination(
                session,
                nomination_id=found.nomination.id,
                version=found.nomination.version,
                dossier=sealed,
                at=by.clock.now(),
                today=by.clock.today(),
                by=actor,
            )
            found = await by.dossier(session, code)
            answer = idempotency.Answer(200, f"{PATH}/{code}", orjson.dumps(shown(found)))
            await idempotency.keep(session, call, answer)
    except rules.NotADraft as refusal:
        # Perhaps this very call handed it in a moment ago.
        async with by.runtime.database.reading() as session:
            before = await idempotency.known(session, call)
        if before is None:
            raise _problem(refusal) from None
        return _answer(before)
    except rules.Refusal as refusal:
        raise _problem(refusal) from None
    except idempotency.KeyReused:
        raise _reused() from None
    return _answer(answer)


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
        "unit_id": str(nomination.unit_id),
        "round_id": str(nomination.round_id),
        "category": found.subject.category,
        "subject": {"name": found.subject.name, "position": found.subject.position},
        "claims": [
            {
                "criterion": answer.criterion.code,
                "text": answer.claim.text,
                "evidence": [{"text": proof.text, "file": proof.file_name} for proof in answer.evidence],
            }
            for answer in found.answers
            if answer.claim
        ],
        "lacking": found.lacking,
        "started_at": _instant(nomination.started_at),
        "submitted_at": _instant(nomination.submitted_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _answer(answer: idempotency.Answer) -> Response:
    headers = {"Location": answer.location, "ETag": f'"{orjson.loads(answer.body)["version"]}"'}
    return Response(answer.body, answer.status, headers, "application/json")


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


def _wrong(place: str, slug: str, title: str) -> Problem:
    return Problem(422, slug, title, errors=[{"pointer": f"/{place}", "detail": title}])


def _reused() -> Problem:
    return Problem(422, "idempotency-key-reused", "Khóa này đã dùng cho một nội dung khác")


def _problem(refusal: rules.Refusal) -> Problem:
    """A refusal of the rules as a problem: 409 where the file is not where the act needs it, else 422."""
    more: dict[str, Any] = {"detail": str(refusal)}
    if isinstance(refusal, rules.NotComplete):
        more["errors"] = [
            {"pointer": f"/claims/{place}" if place not in ("", "contacts") else f"/{place}", "detail": text}
            for place, text in refusal.missing.items()
        ]
    elif isinstance(refusal, rules.BadContact | rules.TooMuch):
        more["errors"] = [{"pointer": f"/{refusal.field}", "detail": str(refusal)}]
    status = 409 if isinstance(refusal, rules.NotADraft | rules.ChangedMeanwhile) else 422
    return Problem(status, refusal.problem, "Chưa làm được việc này", **more)
