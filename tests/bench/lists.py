"""Lists over 1,400 units and 100,000 files: as JSON against the same query on bare asyncpg, and as a page.

Then how much more pages cost with many files than with 10,000; with FULL=1, many are a million.
"""

import asyncio
import math
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from sqlalchemy import select
from starlette.types import ASGIApp, Receive, Scope, Send

from services.nomination.actions.targets import target_of
from services.nomination.tables import Plan
from shared.clock import Clock
from shared.database import Database
from shared.fence import UNFENCED
from shared.identity.people import Role
from shared.identity.sessions import COOKIE, PRIVATE_FILE, SessionMinter
from shared.settings import Settings
from tests.bench import measure
from tests.bench.serving import FLOOR, Reading, reading, serving, steadily
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases
from tests.support.site import Site, make_site, settings_of

UNITS, FILES = 1_400, 100_000
RARE = 20
"""So many files are about somebody of a rare name, however many there are."""
SMALL, LARGE = 10_000, 1_000_000 if os.environ.get("FULL") else FILES
"""Files beside which a page may cost no more than `GROWTH` times as much."""
GROWTH = 1.5
REQUESTS = 2_000
RATE, SECONDS = 50, 8
"""Requests a second, for so long, whether or not the ones before were answered."""
PAGE_GOAL = 100.0
"""Milliseconds within which 95 of 100 pages of the desk are there."""
LIST, PAGE = "/api/v1/nomination/nominations", "/de-cu/ho-so"
GROWING = {
    "list": (PAGE, 15),
    "search of a rare name": ("/de-cu/tim?q=l%C3%B2+th%E1%BB%8B+m%E1%BA%A9y", 15),
    f"map of {UNITS} units": ("/de-cu/ke-hoach/kh-1/ban-do", 15),
    "search of everybody's name": ("/de-cu/tim?q=nguy%E1%BB%85n+th%E1%BB%8B+%C3%A1nh", 1),
}
"""What grows with its files, if badly written: pages, and how often each is asked in a round."""

FILL = """
insert into units (id, agency, code, name, kind, external_ref, valid_from)
select gen_random_uuid(), 'tan-binh', 'X' || n, 'Trường số ' || n, 'school', '', date '2020-01-01'
  from generate_series(1, {units}) n;
insert into subjects (id, agency, unit_id, category, form, name, position, external_ref, groups, search_text,
                      sort_key, same_key, looked)
select gen_random_uuid(), 'tan-binh', u.id, 'teacher', 'exemplar',
       case when n <= {rare} then 'Lò Thị Mẩy' else 'Nguyễn Thị Ánh' end, 'giáo viên', '', '[]',
       case when n <= {rare} then 'lo thi may' else 'nguyen thi anh' end, 'a.b.' || n, 'grown-up: anh nguyen thi ' || n,
       false
  from generate_series(1, {files}) n
  join (select id, row_number() over (order by id) as place from units where agency = 'tan-binh') u
    on u.place = 1 + n % (select count(*) from units where agency = 'tan-binh');
insert into nominations (id, agency, code, unit_id, subject_id, plan_id, round_id, rule_set, nominator, writer,
                         on_behalf, task, state, revision, version, edits, late, reopened, left_to_agency, kin_said_by,
                         started_at, handed_in_on)
select gen_random_uuid(), 'tan-binh', 'TB-25-' || lpad(n::text, 7, '0'), s.unit_id, s.id, d.plan_id, d.round_id,
       d.rule_set, 'https://id|ai', '', '', '',
       case n % 3 when 0 then 'draft' when 1 then 'reviewed' else 'honoured' end,
       1, 1, 0, false, '[]', false, '', now(), case when n % 3 > 0 then date '2024-10-01' end
  from (select id, unit_id, row_number() over (order by id) as n from subjects where sort_key like 'a.b.%') s
 cross join (select * from nominations limit 1) d;
insert into search_words (agency, thing, word, marked, unit_id)
select n.agency, n.id, word, word, n.unit_id
  from nominations n
  join subjects s on s.id = n.subject_id
 cross join unnest(string_to_array(lower(n.code) || ' ' || s.search_text, ' ')) word
 where n.code like 'TB-25-%'
"""

FLOOR_QUERY = """
select n.code, n.state, s.category, n.unit_id, s.name, s.position, n.revision
  from nominations n join subjects s on s.id = n.subject_id join units u on u.id = n.unit_id
 where n.agency = $1 order by n.code desc limit 51
"""


async def fill(database: Database, files: int = FILES) -> None:
    """So many files of so many units, beside one made as people make them."""
    plan = await make.plan(database)
    await make.draft(database, plan.open)
    async with database.transaction() as session:
        asked = {"bound": "at_least", "number": 2, "per": "year"}
        session.add(target_of((await session.scalars(select(Plan))).one(), asked))
    connection = await database.connect()
    try:
        await connection.execute("set transaction_timeout = 0")
        for statement in FILL.format(units=UNITS, files=files, rare=RARE).split(";\n"):
            await connection.execute(statement)
        await connection.execute("analyze")
    finally:
        await connection.close()


class WithFloor:
    """Our application, and beside it under one path the same answer from asyncpg and orjson, by nothing else."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._pool: asyncpg.Pool | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != FLOOR:
            await self.app(scope, receive, send)
            return
        pool = await self._ready()
        async with pool.acquire() as connection, connection.transaction(readonly=True):
            rows = await connection.fetch(FLOOR_QUERY, "tan-binh")
        items = [
            {
                "code": row["code"],
                "state": row["state"],
                "category": row["category"],
                "unit_id": str(row["unit_id"]),
                "subject": {"name": row["name"], "position": row["position"]},
                "revision": row["revision"],
            }
            for row in rows[:50]
        ]
        body = orjson.dumps({"items": items, "next": rows[49]["code"] if len(rows) > 50 else None})
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _ready(self) -> asyncpg.Pool:
        async with self._making:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.settings.database_url,
                    password=PASSWORD,
                    min_size=1,
                    max_size=5,
                    server_settings=UNFENCED,
                )
        return self._pool


def floor(app: ASGIApp, settings: Settings) -> ASGIApp:
    """See `serving.Floor`."""
    return WithFloor(app, settings)


@asynccontextmanager
async def as_json(
    databases: Databases, folder: Path, *, limit: int, requests: int, **more: Any
) -> AsyncIterator[tuple[Reading, Reading]]:
    """A full database's list as JSON, as our server and as the floor beside it answer it."""
    site = await make_site(databases, "nomination", folder)
    try:
        await fill(site.database)
        async with _answering(site, limit=limit, requests=requests, **more) as both:
            yield both
    finally:
        await site.close()


@asynccontextmanager
async def _answering(site: Site, *, limit: int, requests: int, **more: Any) -> AsyncIterator[tuple[Reading, Reading]]:
    cookie = _cookie(site)
    async with serving("nomination", __name__, settings_of(site.folder, site.database)) as port:
        yield (
            reading(port, f"{LIST}?limit={limit}", requests, cookie=cookie, **more),
            reading(port, FLOOR, requests, **more),
        )


async def _json(site: Site, rounds: int) -> measure.Row:
    async with _answering(site, limit=50, requests=REQUESTS) as (ours, bare):
        return measure.Row("list as JSON / asyncpg and orjson", await measure.rates(rounds, ours, bare), 0.70)


async def _page(site: Site, rounds: int) -> measure.Row:
    """How long 95 of 100 pages take at a steady rate, in hundreds of milliseconds."""
    found: list[float] = []
    async with serving("nomination", __name__, settings_of(site.folder, site.database)) as port:
        await reading(port, PAGE, 50, readers=1, cookie=_cookie(site))()  # a server that has served
        for _ in range(rounds):
            took = await steadily(port, PAGE, RATE, SECONDS, cookie=_cookie(site))
            found.append(measure.percentile(took, 95) / (PAGE_GOAL / 1000))
    return measure.Row("desk list p95 at 50/s / 100 ms", found, 1.0, most=True)


def _cookie(site: Site, subject: str = "can-bo") -> str:
    """An officer's session."""
    minter = SessionMinter.from_file(site.folder / "secrets" / PRIVATE_FILE, "tan-binh", Clock())
    session = minter.session(issuer="https://id", subject=subject, name="Cán bộ", roles=[Role("officer")])
    return f"{COOKIE}={session}"


async def ratios(databases: Databases, rounds: int) -> list[measure.Row]:
    """Both rows, on one full database."""
    with tempfile.TemporaryDirectory() as folder:
        site = await make_site(databases, "nomination", Path(folder))
        try:
            await fill(site.database)
            return [await _json(site, rounds), await _page(site, 3)]
        finally:
            await site.close()


async def growths(databases: Databases, rounds: int) -> AsyncIterator[measure.Row]:
    """What each page costs with many files, by what it costs with few; without end, if it is no longer answered."""
    async with AsyncExitStack() as stack:
        served = []
        for files in (SMALL, LARGE):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            site = await make_site(databases, "nomination", folder)
            stack.push_async_callback(site.close)
            await fill(site.database, files)
            told = settings_of(site.folder, site.database)
            served.append((site, await stack.enter_async_context(serving("nomination", __name__, told))))
        for name, (path, requests) in GROWING.items():
            # Somebody else for each, as nobody may search so often.
            few, many = (reading(port, path, requests, readers=1, cookie=_cookie(site, name)) for site, port in served)
            try:
                found = await measure.rates(rounds, few, many)  # the seconds of the second by those of the first
            except AssertionError:
                found = [math.inf]
            yield measure.Row(f"{name}, {LARGE} / {SMALL} files", found, GROWTH, most=True)
