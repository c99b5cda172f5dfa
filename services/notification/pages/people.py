"""Who has which role: from the provider, or given here by an administrator."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.notification import queries
from services.notification.actions import accounts
from services.notification.tables import Account, Grant
from shared.audit import Actor
from shared.formats import read_day
from shared.identity.allowed import allowed
from shared.identity.guard import SignedIn
from shared.identity.people import ROLE_NAMES, ActingAs, BadRole, Role
from shared.listing import Cell, Column, Said
from shared.lists import spreadsheet, wants_file
from shared.names import sort_key
from shared.web import Db, Html, Now

router = APIRouter(prefix="/viec/quan-tri/nguoi", include_in_schema=False, dependencies=[allowed("people.manage")])
HERE = "/viec/quan-tri/nguoi"
HERE_GIVEN = Said("cấp tại đây")
UNKNOWN = Said("đơn vị chưa rõ tên")
"""Of a unit that the provider of accounts names and that no plan of this agency has opened."""
COLUMNS = (
    Column("Họ và tên"),
    Column("Vai trò"),
    Column("Đơn vị"),
    Column("Nguồn"),
    Column("Từ ngày"),
    Column("Đến trước ngày"),
    Column("Vào lần cuối"),
)


WHOLE = "ca-co-quan"
"""What the form says for the whole agency: nobody gives a role for all by leaving a field alone."""


def administrator(person: SignedIn, clock: Now) -> ActingAs:
    """The person as administrator of the agency. Raises Forbidden."""
    return person.acting_as("administrator", on=clock.today())


Administrator = Annotated[ActingAs, Depends(administrator)]


@dataclass
class Asked:
    """The form of a role to give, as it was sent."""

    identity: Annotated[str, Form(max_length=600)] = ""
    role: Annotated[str, Form(max_length=20)] = ""
    unit: Annotated[str, Form(max_length=36)] = ""
    since: Annotated[str, Form(max_length=10)] = ""
    until: Annotated[str, Form(max_length=10)] = ""

    def read(self, units: Collection[UUID]) -> tuple[Role | None, dict[str, str]]:
        """The role, for one of these units or for the whole agency; or what is wrong by field."""
        errors: dict[str, str] = {}
        if self.role not in ROLE_NAMES:
            errors["role"] = "Hãy chọn một vai trò."
        unit = next((one for one in units if str(one) == self.unit), None)
        if self.unit != WHOLE and unit is None:
            errors["unit"] = "Hãy chọn một đơn vị, hoặc cả cơ quan."
        days: dict[str, date | None] = {}
        for name, text in (("since", self.since.strip()), ("until", self.until.strip())):
            days[name] = read_day(text) if text else None
            if text and days[name] is None:
                errors[name] = "Ngày viết như 20/11/2026."
        since, until = days.get("since"), days.get("until")
        if since and until and until <= since:
            errors["until"] = "Ngày hết hạn phải sau ngày bắt đầu."
        if errors:
            return None, errors
        try:
            return Role(self.role, unit, since, until), {}
        except BadRole:  # pragma: no cover  # the names were looked at above
            return None, {"role": "Hãy chọn một vai trò."}


async def _page(
    request: Request,
    database: Db,
    pages: Html,
    clock: Now,
    asked: Asked | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    agency = database.speaker.agency
    async with database.reading() as session:
        found = await queries.list_accounts(session, agency=agency)
        grants = await queries.list_grants(session, agency=agency)
        units = await queries.list_units(session, agency=agency)
        choices = await queries.list_units(session, agency=agency, on=clock.today())
    people = sorted(found, key=lambda one: sort_key(one.name))
    if wants_file(request):
        return spreadsheet(request, "Người và vai trò", COLUMNS, _rows(people, grants, units), file="nguoi-va-vai-tro")
    return pages.render(
        request,
        "people.html",
        status_code=422 if errors else 200,
        people=[
            (one, [Role.from_claim(r) for r in one.roles], [g for g in grants if g.identity == one.identity])
            for one in people
        ],
        strangers=[g for g in grants if g.identity not in {one.identity for one in people}],
        role_names=ROLE_NAMES,
        units=units,
        choices=choices,
        unknown=UNKNOWN.text,
        whole=WHOLE,
        asked=asked or Asked(),
        errors=errors or {},
    )


def _rows(people: Sequence[Account], grants: Sequence[Grant], units: Mapping[UUID, str]) -> list[tuple[Cell, ...]]:
    """A line for each role, and one for everybody without; who never came in is known by the account alone."""
    rows: list[tuple[Cell, ...]] = []
    for one in people:
        given = [(role, Said("do nơi cấp tài khoản nêu")) for role in map(Role.from_claim, one.roles)]
        given += [(_role(grant), HERE_GIVEN) for grant in grants if grant.identity == one.identity]
        rows += [_row(one.name, role, units, source, one.seen_at) for role, source in given]
        rows += [] if given else [(one.name, None, None, None, None, None, one.seen_at)]
    known = {one.identity for one in people}
    rows += [
        _row(grant.identity.rsplit("|", 1)[-1], _role(grant), units, HERE_GIVEN, None)
        for grant in grants
        if grant.identity not in known
    ]
    return rows


def _role(grant: Grant) -> Role:
    return Role(grant.role, grant.unit_id, grant.since, grant.until)


def _row(name: str, role: Role, units: Mapping[UUID, str], source: Said, seen_at: datetime | None) -> tuple[Cell, ...]:
    unit = units.get(role.unit_id, UNKNOWN) if role.unit_id else Said("Cả cơ quan")
    return name, Said(ROLE_NAMES[role.role]), unit, source, role.since, role.until, seen_at


@router.get("")
async def everybody(request: Request, _acting: Administrator, database: Db, pages: Html, clock: Now) -> Response:
    """Everybody who signed in, with their roles and where these come from."""
    return await _page(request, database, pages, clock)


@router.post("")
async def give(
    request: Request,
    acting: Administrator,
    database: Db,
    pages: Html,
    clock: Now,
    asked: Annotated[Asked, Depends()],
) -> Response:
    """Give a role."""
    agency = database.speaker.agency
    async with database.reading() as session:
        units = await queries.list_units(session, agency=agency, on=clock.today())
    role, errors = asked.read(units)
    if role is not None:
        try:
            async with database.transaction() as session:
                if await queries.get_account(session, agency=agency, identity=asked.identity) is None:
                    errors = {"identity": "Hãy chọn một người đã từng vào hệ thống."}
                else:
                    await accounts.grant(
                        session,
                        agency=agency,
                        actor=_actor(acting),
                        identity=asked.identity,
                        role=role.role,
                        unit_id=role.unit_id,
                        since=role.since,
                        until=role.until,
                        at=clock.now(),
                    )
        except accounts.OwnRole:
            errors = {"identity": "Không ai tự cấp vai trò cho mình: hãy nhờ một quản trị viên khác."}
    if errors:
        return await _page(request, database, pages, clock, asked, errors)
    return RedirectResponse(HERE, 303)


@router.post("/thu-hoi/{grant_id}")
async def take_back(acting: Administrator, database: Db, clock: Now, grant_id: UUID) -> Response:
    """Take a role back, at once."""
    async with database.transaction() as session:
        agency = database.speaker.agency
        if not await accounts.revoke(session, agency=agency, actor=_actor(acting), grant_id=grant_id, at=clock.now()):
            raise HTTPException(404)
    return RedirectResponse(HERE, 303)


@router.post("/ket-thuc-phien")
async def end_sessions(
    acting: Administrator, database: Db, clock: Now, identity: Annotated[str, Form(max_length=600)]
) -> Response:
    """End every session of somebody, for instance after their role was taken away at the provider."""
    async with database.transaction() as session:
        await accounts.end_sessions(
            session, agency=database.speaker.agency, actor=_actor(acting), identity=identity, at=clock.now()
        )
    return RedirectResponse(HERE, 303)


def _actor(acting: ActingAs) -> Actor:
    return Actor("|".join(acting.person.identity), acting.role, acting.unit_id)
