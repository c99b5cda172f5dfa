"""«Việc của tôi»: what waits for a person, then what the person waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from services.notification import queries
from services.notification.pages.inbox import link_of
from services.notification.rules import DUTIES
from services.notification.tables import Task
from shared.identity.allowed import Granted, allowed
from shared.listing import MOST_COUNTED, Cell, Column, Said
from shared.lists import spreadsheet, wants_file
from shared.web import Db, Html, Now
from shared.wording import say

router = APIRouter(include_in_schema=False)

WAYS = (
    ("nomination.read", "/de-cu/ho-so", "Hồ sơ đề cử của đơn vị"),
    ("case.read", "/xet-duyet/ho-so", "Hồ sơ xét"),
    ("story.read", "/lan-toa/bai", "Bài gương"),
    ("people.manage", "/viec/quan-tri/nguoi", "Người và vai trò"),
)


@dataclass(frozen=True)
class Group:
    """Tasks that are due alike."""

    title: str
    urgent: bool
    tasks: Sequence[Task]


def grouped(tasks: Sequence[Task], today: date) -> list[Group]:
    """Tasks by how soon they are due: late, today, within the week, later, whenever."""
    week = today + timedelta(days=7)

    def group_of(task: Task) -> str:
        if task.due_on is None:
            return "Không có hạn"
        if task.due_on < today:
            return "Quá hạn"
        if task.due_on == today:
            return "Hôm nay"
        return "Trong bảy ngày tới" if task.due_on <= week else "Sau đó"

    names = ("Quá hạn", "Hôm nay", "Trong bảy ngày tới", "Sau đó", "Không có hạn")
    found = {name: [task for task in tasks if group_of(task) == name] for name in names}
    return [Group(name, name in names[:2], held) for name, held in found.items() if held]


COLUMNS = (Column("Việc"), Column("Vì sao"), Column("Từ lúc"), Column("Hạn"))


def _row(task: Task) -> tuple[Cell, ...]:
    duty = DUTIES[task.kind]
    return Said(say(duty.label, code=task.code)), Said(duty.why), task.since, task.due_on


@router.get("/viec", dependencies=[allowed("work.read")])
async def work(request: Request, rights: Granted, database: Db, pages: Html, clock: Now) -> Response:
    """Where everybody lands after signing in."""
    agency, recipient = database.speaker.agency, "|".join(rights.person.identity)
    mine = queries.tasks_for(rights, agency)
    async with database.reading() as session:
        tasks = await queries.list_tasks(session, mine)
        if wants_file(request):
            rows = [_row(task) for task in await queries.list_tasks(session, mine, most=MOST_COUNTED)]
            return spreadsheet(request, "Việc của tôi", COLUMNS, rows, file="viec-cua-toi")
        total = len(tasks) if len(tasks) < queries.MOST_TASKS else await queries.count_tasks(session, mine)
        waiting = await queries.list_tasks(session, queries.waiting_for(rights, agency))
        unread = await queries.count_unread(session, agency=agency, recipient=recipient)
        newest = await queries.list_messages(session, agency=agency, recipient=recipient, limit=5)
    return pages.render(
        request,
        "work.html",
        groups=grouped(tasks, clock.today()),
        total=total,
        shown=len(tasks),
        waiting=waiting,
        duties=DUTIES,
        unread=unread,
        newest=[(link_of(message), message.at) for message in newest if message.read_at is None],
        ways=[(path, text) for act, path, text in WAYS if rights.opens(act)],
    )


@router.get("/viec/so", dependencies=[allowed("work.read")])
async def count(rights: Granted, database: Db) -> Response:
    """How many tasks wait, as many as the page has rows: the number in the header, left out when it is none."""
    async with database.reading() as session:
        found = await queries.count_tasks(session, queries.tasks_for(rights, database.speaker.agency))
    headers = {"Cache-Control": "private, no-store"}
    return PlainTextResponse(str(found), headers=headers) if found else Response(status_code=204, headers=headers)
