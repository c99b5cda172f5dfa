"""Many cases go up at once: chosen from those that may, covered by one letter, which is printed from here."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from services.review import rules
from services.review.actions import letters as acting
from services.review.actions.letters import Covering
from services.review.pages.desk import AtDesk, Desk
from services.review.pages.letter_paper import paper_of
from services.review.queries import letters
from services.review.queries.letters import Going
from services.review.rules.letters import MOST
from services.review.tables import Letter
from shared import readings
from shared.formats import day, in_vietnamese, read_day
from shared.forms import form_id
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows
from shared.lists import show_list
from shared.looks import CATEGORIES
from shared.papers import as_paper

router = APIRouter()
PATH = "/xet-duyet/to-trinh"
COLUMNS = (
    Column("Tờ trình"),
    Column("Ngày"),
    Column("Gửi"),
    Column("Số hồ sơ", number=True),
    Column("Gửi lúc", ("cu", "moi"), minor=True),
)


def _cells(reader: Reader, row: tuple[Letter, int]) -> tuple[Cell, ...]:
    letter, count = row
    name = letter.number or translate("Chưa có số")
    return Link(name, f"{PATH}/{letter.id}"), day(letter.dated), reader.short_name(letter.to_agency), count, letter.at


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await letters.page_of_letters(session, agency=reader.agency, asked=asked)


LETTERS = ListKind(PATH, "case.read", "Tờ trình", "to-trinh", letters.ORDERS, (), COLUMNS, _find, _cells)


@router.get("/to-trinh", dependencies=[allowed("case.read")])
async def list_letters(desk: AtDesk) -> Response:
    """The letters that went up."""
    return await show_list(desk.request, LETTERS, "letters.html", may_send=desk.rights.may("case.refer"))


@router.get("/to-trinh/moi", dependencies=[allowed("case.refer")])
async def new(desk: AtDesk, gui: str = "") -> Response:
    """To whom, and which of the cases that may go."""
    return await _new(desk, {"to": gui, "dated": day(desk.clock.today())}, [], {})


async def _new(desk: Desk, values: Mapping[str, str], chosen: list[str], errors: Mapping[str, str]) -> Response:
    parents = desk.parents
    to = values.get("to") or (parents[0] if len(parents) == 1 else "")
    ready: list[Going] = []
    if to in parents:
        async with desk.database.reading() as session:
            ready = list(await letters.list_referable(session, agency=desk.agency, to_agency=to))
    return desk.pages.render(
        desk.request,
        "letter_new.html",
        status_code=422 if errors else 200,
        parents=[(one, desk.short_name(one)) for one in parents],
        to=to,
        to_name=desk.short_name(to) if to else "",
        options=[(one.case.code, one.case.code, _about(one)) for one in ready],
        chosen=chosen,
        most=MOST,
        values=dict.fromkeys(("number", "dated", "words"), "") | dict(values),
        errors=errors,
        once=values.get("once") or uuid4(),
    )


def _about(one: Going) -> Markup:
    """What tells a case from others, without whom it is about."""
    words: list[Any] = [translate(CATEGORIES[one.case.category]), in_vietnamese(one.unit), in_vietnamese(one.honour)]
    return Markup(" · ").join(word for word in words if word)


@router.post("/to-trinh/moi", dependencies=[allowed("case.refer")])
async def send(
    desk: AtDesk,
    to: Annotated[str, Form()] = "",
    code: Annotated[list[str] | None, Form(max_length=1000)] = None,
    number: Annotated[str, Form()] = "",
    dated: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    once: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Refer what was chosen, all or nothing."""
    by, chosen = desk.rights.actor("case.refer"), list(dict.fromkeys(code or []))
    values = {"to": to, "number": number, "dated": dated, "words": words}
    id = form_id(once, values | {"code": ",".join(chosen)})
    more: dict[str, Any] = {"at": desk.clock.now(), "today": desk.clock.today(), "by": by}
    try:
        async with desk.database.transaction() as session:
            covering = Covering(to, number, read_day(dated), words)
            about: dict[str, Any] = {"agency": desk.agency, "codes": chosen, "parents": desk.parents}
            await acting.send(session, covering, id=id, **about, **more)
    except rules.BadInput as refusal:
        return await _new(desk, values, chosen, {refusal.field: str(refusal)})
    return RedirectResponse(f"{PATH}/{id}", 303)


@router.get("/to-trinh/{letter_id}", dependencies=[allowed("case.read")])
async def show(desk: AtDesk, letter_id: UUID) -> Response:
    """A letter with what it covers, and how far each is."""
    letter, covered = await _read(desk, letter_id, readings.DOSSIER)
    return desk.pages.render(
        desk.request,
        "letter.html",
        letter=letter,
        covered=covered,
        categories=CATEGORIES,
        to_name=_full_name(desk, letter.to_agency),
        place=f"{PATH}/{letter_id}",
    )


@router.get("/to-trinh/{letter_id}/to-trinh.docx", dependencies=[allowed("case.read")])
async def paper(desk: AtDesk, letter_id: UUID) -> Response:
    """The letter as a paper to sign, with its list."""
    letter, covered = await _read(desk, letter_id, readings.EXPORT)
    names = _full_name(desk, desk.agency), _full_name(desk, letter.to_agency)
    content = paper_of(letter, covered, *names)
    return as_paper(content, f"to-trinh-{letter.dated:%Y-%m-%d}")


def _full_name(desk: Desk, agency: str) -> str:
    """An agency's name in full; its id when the federation file knows it no more."""
    return {one.id: one.name for one in desk.runtime.federation.agency_list}.get(agency, agency)


async def _read(desk: Desk, letter_id: UUID, verb: str) -> tuple[Letter, list[Going]]:
    """A letter with whom it names: that each is read is written down first (404 for no letter of the agency's)."""
    async with desk.database.reading() as session:
        found = await letters.get_letter(session, agency=desk.agency, letter_id=letter_id)
    if found is None:
        raise HTTPException(404)
    for one in found[1]:
        await desk.note(verb, one.case)
    return found
