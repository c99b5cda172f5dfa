"""A new draft, with what is claimed so far."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import claims, criteria, nominations, papers
from services.nomination.api.calling import PATH, By, Caller, Key, answered, refused, reused, wrong
from services.nomination.api.files import shown
from services.nomination.queries import Dossier
from services.nomination.rules import Relation
from services.nomination.rules.criteria import EvidenceKind, Form
from services.nomination.rules.evidence import BadEvidence
from services.nomination.rules.papers import Voice
from shared import idempotency
from shared.audit import Actor
from shared.events import Category
from shared.identity.allowed import allowed

router = APIRouter()


class Written(BaseModel):
    """What a caller sends: fields that are not known are a mistake."""

    model_config = ConfigDict(extra="forbid")


class Subject(Written):
    """Whom it is about."""

    name: str = Field(min_length=2, max_length=rules.LONGEST["name"])
    position: str = Field("", max_length=rules.LONGEST["position"])


class Proof(Written):
    """A piece of evidence with the fields of its kind."""

    kind: Literal["link", "number", "decision", "person"]
    fields: dict[str, Annotated[str, Field(max_length=1000)]] = Field(max_length=10)


class Claim(Written):
    """What is claimed under a criterion, what is chosen there, and what stands behind it, in words or by its kind."""

    criterion: str
    text: str = Field(min_length=1, max_length=rules.LONGEST["text"])
    options: list[Annotated[str, Field(max_length=1)]] = Field(default_factory=list, max_length=26)
    level: Annotated[str, Field(max_length=100)] | None = None
    evidence: list[Annotated[str, Field(min_length=1, max_length=rules.LONGEST["proof"])] | Proof] = Field(
        default_factory=list, max_length=20
    )


class Opinion(Written):
    """What somebody in a role thinks of the nominee."""

    voice: Voice
    who: str = Field(max_length=200)
    text: str = Field(max_length=rules.LONGEST["opinion"])


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
    form: Form = Form.EXEMPLAR
    on_behalf: str = Field("", max_length=rules.LONGEST["on_behalf"])
    claims: list[Claim] = Field(default_factory=list, max_length=50)
    opinions: list[Opinion] = Field(default_factory=list, max_length=20)
    contacts: Contacts | None = None


@router.post("/nominations", status_code=201, response_model=None, dependencies=[allowed("nomination.start")])
async def create(by: By, draft: Draft, key: Key = None) -> Response:
    """Begin a draft, with what is claimed so far."""
    call = await by.call(key)
    own = by.rights.units("nomination.start")
    if own is not None and draft.unit_id not in own:
        raise wrong("unit_id", "unit-not-own", "Chỉ giới thiệu được người của đơn vị mình")
    actor = by.rights.actor("nomination.start", draft.unit_id)
    try:
        async with by.runtime.database.transaction() as session:
            before = await idempotency.begin(session, call)
            if before is not None:
                return answered(before)
            code = await _write(session, by, draft, actor)
            found = await by.dossier(session, code)
            answer = idempotency.Answer(201, f"{PATH}/{code}", orjson.dumps(shown(found)))
            await idempotency.keep(session, call, answer)
    except rules.Refusal as refusal:
        raise refused(refusal) from None
    except idempotency.KeyReused:
        raise reused() from None
    return answered(answer)


async def _write(session: AsyncSession, by: Caller, draft: Draft, actor: Actor) -> str:
    pack = await criteria.pack_for(session, by.agency, unit_id=draft.unit_id, on=by.clock.today(), by=actor)
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
            form=draft.form,
            writer=by.person.name,
            on_behalf=draft.on_behalf,
            rule_set=pack,
            at=by.clock.now(),
            today=by.clock.today(),
            by=actor,
        )
    except LookupError:
        raise wrong("round_id", "unknown-round", "Không có đơn vị hoặc đợt này") from None
    found = await by.dossier(session, nomination.code)
    for number, claim in enumerate(draft.claims):
        await _claim(session, by, found, claim, f"claims/{number}", actor)
    for opinion in draft.opinions:
        await papers.add_opinion(session, nomination_id=nomination.id, by=actor, **opinion.model_dump())
    if draft.contacts is not None:
        await _contacts(session, by, draft.contacts, nomination.id, actor)
    return nomination.code


async def _claim(session: AsyncSession, by: Caller, found: Dossier, told: Claim, place: str, actor: Actor) -> None:
    """One claim with its evidence; `place` points to it in the body."""
    answer = found.answer(told.criterion)
    if answer is None:
        raise wrong(f"{place}/criterion", "unknown-criterion", "Không có tiêu chí này trong bộ tiêu chí")
    asked = answer.criterion.asked
    if unknown := set(told.options) - set(asked.marks):
        raise wrong(f"{place}/options/{told.options.index(min(unknown))}", "unknown-option", "Không có ý này")
    if told.level is not None and told.level not in asked.levels:
        raise wrong(f"{place}/level", "unknown-level", "Không có mức này trong thang bậc")
    written = await claims.write_claim(
        session,
        nomination_id=found.nomination.id,
        criterion=told.criterion,
        text=told.text,
        version=0,
        chosen=claims.Chosen(told.options, told.level),
        by=actor,
    )
    for number, proof in enumerate(told.evidence):
        if isinstance(proof, str):
            await claims.add_evidence(session, claim_id=written.id, text=proof, by=actor)
            continue
        kind, today = EvidenceKind(proof.kind), by.clock.today()
        try:
            await claims.add_proof(session, claim_id=written.id, kind=kind, fields=proof.fields, today=today, by=actor)
        except BadEvidence as refusal:
            field, text = next(iter(refusal.errors.items()))
            raise wrong(f"{place}/evidence/{number}/fields/{field}", refusal.problem, text) from None


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
