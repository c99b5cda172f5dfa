"""Editing: the list of stories, their words, asking for consent, where they were told."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing import queries, rules
from services.publishing.actions import consents, stories
from services.publishing.pages.desk import AtDesk, back
from services.publishing.tables import Channel, Delivery, Story
from shared.formats import time_of_day
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.looks import CATEGORIES

router = APIRouter(prefix="/lan-toa")


COLUMNS = (Column("Mã", ("cu", "moi")), Column("Tên bài"), Column("Loại", minor=True), Column("Tình trạng"))
TOLD = (
    Column("Bài"),
    Column("Kênh"),
    Column("Việc"),
    Column("Tình trạng"),
    Column("Lúc", ("cu", "moi")),
)


def cells(row: tuple[Story]) -> tuple[Cell, ...]:
    """A story in a list."""
    story = row[0]
    title: Cell = story.title or Said("Chưa có")
    code = Link(story.code, f"/lan-toa/bai/{story.code}")
    return code, title, Said(CATEGORIES[story.category]), Tag("story", story.state)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await queries.page_of_work(session, agency=reader.agency, asked=asked)


WORKS = ListKind(
    "/lan-toa/bai",
    "story.read",
    "Bài gương",
    "bai-guong",
    queries.WORK_ORDERS,
    queries.WORK_FILTERS,
    COLUMNS,
    _find,
    lambda _reader, row: cells(row),
)


@router.get("/bai", dependencies=[allowed("story.read")])
async def list_work(desk: AtDesk) -> Response:
    """All stories."""
    return await show_list(desk.request, WORKS, "works.html")


@router.get("/bai/{code}", dependencies=[allowed("story.read")])
async def show_work(desk: AtDesk, code: str) -> Response:
    """One story."""
    return desk.show(await desk.find(code))


@router.post("/bai/{code}", dependencies=[allowed("story.edit")])
async def write(
    desk: AtDesk,
    code: str,
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Save the words."""
    by = desk.rights.actor("story.edit")
    found = await desk.find(code)
    values = {"title": title, "text": text, "version": str(version)}
    try:
        async with desk.database.transaction() as session:
            await stories.write(session, story_id=found.work.story.id, title=title, text=text, version=version, by=by)
    except rules.BadText as refusal:
        return desk.show(found, {refusal.field: str(refusal)}, values)
    except rules.ChangedMeanwhile as refusal:
        theirs = await desk.find(code)
        current = {**values, "version": str(theirs.work.story.version)}
        return desk.show(theirs, {"text": str(refusal)}, current, changed=True)
    except rules.Refusal as refusal:
        return desk.show(found, {"text": str(refusal)}, values)
    return back(code)


@router.post("/bai/{code}/xin-dong-y", dependencies=[allowed("consent.ask")])
async def ask(desk: AtDesk, code: str) -> Response:
    """Ask everybody whose word is needed."""
    by = desk.rights.actor("consent.ask")
    found = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await consents.ask(session, story_id=found.work.story.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(found, {"ask": str(refusal)})
    return back(code)


@router.post("/bai/{code}/luu", dependencies=[allowed("story.edit")])
async def keep(
    desk: AtDesk,
    code: str,
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Keep the words of a story while they are typed: `{version, at}`, or 409 when somebody else saved meanwhile."""
    by = desk.rights.actor("story.edit")
    found = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            saved = await stories.write(
                session, story_id=found.work.story.id, title=title, text=text, version=version, by=by
            )
    except rules.ChangedMeanwhile:
        return JSONResponse({}, 409)
    except rules.Refusal as refusal:
        return JSONResponse({"detail": translate(str(refusal))}, 422)
    return JSONResponse({"version": saved.version, "at": time_of_day(desk.clock.real())})


async def _find_told(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await queries.page_of_deliveries(session, agency=reader.agency, asked=asked)


def _told(reader: Reader, row: tuple[Delivery, Channel, Story]) -> tuple[Cell, ...]:
    delivery, channel, story = row
    return (
        Link(story.code, f"/lan-toa/bai/{story.code}") if reader.opens("story.read") else story.code,
        channel.name,
        Said("Đăng" if delivery.what == rules.SHOWN else "Gỡ"),
        Tag("delivery", delivery.state),
        delivery.told_at or delivery.at,
    )


DELIVERIES = ListKind(
    "/lan-toa/luot-gui",
    "delivery.read",
    "Lượt gửi",
    "luot-gui",
    queries.DELIVERY_ORDERS,
    queries.DELIVERY_FILTERS,
    TOLD,
    _find_told,
    _told,
)


@router.get("/luot-gui", dependencies=[allowed("delivery.read")])
async def list_deliveries(desk: AtDesk) -> Response:
    """Which channel was told what, and how it answered."""
    return await show_list(desk.request, DELIVERIES, "deliveries.html")
