"""The list of files, and the first page of a new one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, TypedDict
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries, rules
from services.nomination.actions import criteria, nominations, targets
from services.nomination.actions import subjects as acting
from services.nomination.pages import deadlines, quotas
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import file_lists, movements, rounds, subjects
from services.nomination.rules.criteria import FORM_NAMES
from services.nomination.rules.criteria import Form as Kind
from services.nomination.rules.movements import NO_MOVEMENT
from services.nomination.tables import Nomination, Subject, Unit
from shared import idempotency
from shared.events import Category
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.looks import CATEGORIES

router = APIRouter()
PATH = "/de-cu/ho-so/moi"

MOST_QUOTAS = 5
"""For how many of one's units the first page says what is asked of them."""
NOBODY = "Hãy chọn một người hoặc tập thể trong danh sách."
NOT_OWN = "Bạn chỉ giới thiệu được người của đơn vị mình. Hãy chọn đơn vị trong danh sách."


COLUMNS = (
    Column("Mã", ("cu", "moi")),
    Column("Giới thiệu ai", ("ten", "ten-nguoc")),
    Column("Loại", minor=True),
    Column("Đơn vị"),
    Column("Tình trạng"),
)


def cells(row: tuple[Nomination, Subject, Unit]) -> tuple[Cell, ...]:
    """A nomination in a list."""
    nomination, subject, unit = row
    code = Link(nomination.code, f"/de-cu/ho-so/{nomination.code}")
    return code, subject.name, Said(CATEGORIES[subject.category]), unit.name, Tag("nomination", nomination.state)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await file_lists.page_of_files(session, agency=reader.agency, units=reader.units, asked=asked)


FILES = ListKind(
    "/de-cu/ho-so",
    "nomination.read",
    "Hồ sơ của đơn vị",
    "ho-so-de-cu",
    file_lists.FILE_ORDERS,
    file_lists.FILE_FILTERS,
    COLUMNS,
    _find,
    lambda _reader, row: cells(row),
)


@router.get("/ho-so", dependencies=[allowed("nomination.read")])
async def list_files(desk: AtDesk) -> Response:
    """The nominations of the person's units."""
    return await show_list(desk.request, FILES, "list.html", may_start=desk.nominating != frozenset())


@dataclass
class Typed:
    """The form of a new nomination as it was sent."""

    unit: Annotated[str, Form()] = ""
    round_id: Annotated[str, Form(alias="round")] = ""
    category: Annotated[str, Form()] = ""
    form: Annotated[str, Form()] = Kind.EXEMPLAR.value
    name: Annotated[str, Form()] = ""
    position: Annotated[str, Form()] = ""
    on_behalf: Annotated[str, Form()] = ""
    subject: Annotated[str, Form()] = ""
    movement: Annotated[str, Form()] = ""
    task: Annotated[str, Form()] = ""

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by their names."""
        told = asdict(self)
        return {"round": told.pop("round_id"), **told}


@router.get("/ho-so/moi", dependencies=[allowed("nomination.start")])
async def new(desk: AtDesk) -> Response:
    """The first page of a nomination."""
    return await _new(desk, Typed().values, {})


async def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    units = desk.nominating
    async with desk.database.reading() as session:
        own = await queries.list_units(session, agency=desk.agency.id, units=units, on=desk.clock.today())
        found = await rounds.list_seen(session, agency=desk.agency.id, at=desk.clock.now())
        current = await movements.list_current(session, agency=desk.agency.id, today=desk.clock.today())
        taking = [one.round for one in found if one.begins]
        asked = await targets.quotas(
            session,
            agency=desk.agency.id,
            units=[unit.id for unit in own[:MOST_QUOTAS]],
            rounds=[one.id for one in taking],
            today=desk.clock.today(),
        )
        people = await subjects.list_unused(session, agency=desk.agency.id, units=[one.id for one in own[:MOST_QUOTAS]])
    return desk.pages.render(
        desk.request,
        "new.html",
        status_code=422 if errors else 200,
        units=[(unit.id, unit.name) for unit in own],
        rounds=deadlines.choices(found),
        quotas=[
            (unit.name, one.name, quotas.lines(asked[unit.id, one.id]), quotas.full(asked[unit.id, one.id]))
            for unit in own
            for one in taking
            if (unit.id, one.id) in asked
        ],
        people=[(subject.id, _called(subject, unit)) for subject, unit in people],
        movements=[(one.id, one.name) for one in current],
        categories=CATEGORIES,
        kinds=[(str(kind), name) for kind, name in FORM_NAMES.items()],
        values=values,
        errors=errors,
        once=values.get("once") or uuid4(),
    )


def _called(subject: Subject, unit: Unit) -> str:
    """Somebody of a list, to be chosen."""
    who = f"{subject.name}, {subject.position}" if subject.position else subject.name
    return f"{who} · {unit.name}"


@router.post("/ho-so/moi", dependencies=[allowed("nomination.start")])
async def start(
    desk: AtDesk, typed: Annotated[Typed, Depends()], once: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Begin a draft; the same form sent twice, by a double click or a reload, begins one."""
    values = typed.values
    unit_id, chosen_id = uuid_of(typed.unit), uuid_of(typed.round_id)
    errors = _wrong(desk, values)
    if errors or unit_id is None or chosen_id is None:
        return await _new(desk, values, errors)
    by = desk.rights.actor("nomination.start", unit_id)
    sent = "\n".join(values.values()).encode()
    call = idempotency.Call(desk.agency.id, by.identity, f"POST {PATH}", once or str(uuid4()), sent, desk.clock.real())
    try:
        async with desk.database.transaction() as session:
            if before := await idempotency.begin(session, call):
                return see_other(before.location)
            pack = await criteria.pack_for(session, desk.agency, unit_id=unit_id, on=desk.clock.today(), by=by)
            if pack is None:
                raise rules.RoundNotOpen("Cơ quan chưa nhập bộ tiêu chí nên chưa nhận hồ sơ. Hãy hỏi cán bộ phụ trách.")
            about = await _about(session, typed, unit_id)
            nomination = await nominations.start_nomination(
                session,
                desk.agency,
                unit_id=unit_id,
                round_id=chosen_id,
                **about,
                writer=desk.person.name,
                on_behalf=typed.on_behalf,
                movement_id=uuid_of(typed.movement),
                task=typed.task,
                rule_set=pack,
                at=desk.clock.now(),
                today=desk.clock.today(),
                by=by,
            )
            place = f"/de-cu/ho-so/{nomination.code}"
            await idempotency.keep(session, call, idempotency.Answer(303, place, b""))
    except idempotency.KeyReused:
        # Gone back to and filled in anew: another draft, under a key of its own.
        return await start(desk, typed)
    except rules.FieldRefusal as refusal:
        return await _new(desk, values, {refusal.field: str(refusal)})
    except rules.UnitIsNoMore as refusal:
        return await _new(desk, values, {"unit": str(refusal)})
    except rules.Refusal as refusal:
        return await _new(desk, values, {"round": str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(place)


class _About(TypedDict):
    """Whom a draft is about."""

    category: Category
    form: Kind
    name: str
    position: str
    subject: Subject | None


async def _about(session: AsyncSession, typed: Typed, unit_id: UUID) -> _About:
    """Whom the form tells of, or who was chosen in it. Raises BadSubject."""
    chosen = uuid_of(typed.subject)
    if chosen is None:
        category, form = Category(typed.category), Kind(typed.form)
        return _About(category=category, form=form, name=typed.name, position=typed.position, subject=None)
    one = await acting.take(session, unit_id=unit_id, subject_id=chosen)
    return _About(category=one.category, form=one.form, name=one.name, position=one.position, subject=one)


def _wrong(desk: Desk, values: Mapping[str, str]) -> dict[str, str]:
    """What is missing or cannot be in the form of a new nomination."""
    errors = {}
    unit_id, own = uuid_of(values["unit"]), desk.nominating
    if unit_id is None:
        errors["unit"] = "Hãy chọn đơn vị."
    elif own is not None and unit_id not in own:
        errors["unit"] = NOT_OWN
    if not uuid_of(values["round"]):
        errors["round"] = "Hãy chọn đợt giới thiệu."
    if values["subject"]:
        return errors if uuid_of(values["subject"]) else errors | {"subject": NOBODY}
    if values["category"] not in list(Category):
        errors["category"] = "Hãy chọn loại đối tượng."
    if values["form"] not in list(Kind):
        errors["form"] = "Hãy chọn giới thiệu điều gì."
    if values["movement"] and not uuid_of(values["movement"]):
        errors["movement"] = NO_MOVEMENT
    if not 2 <= len(values["name"].strip()) <= rules.LONGEST["name"]:
        errors["name"] = "Hãy ghi họ và tên, hoặc tên tập thể (từ 2 đến 200 chữ)."
    return errors
