"""Our lists beside those of pretalx, which serves calls for papers: its list of 200 and its JSON, on the same machine.

pretalx gets an environment of its own (made here, from the package index, with Node for its styles), the same
PostgreSQL and one worker, as our service has one process. It shows 200 on a page; our gallery turns pages.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres import Postgres
from deploy.local.server import MissingPart
from services.publishing.pages.gallery import PAGE
from shared.settings import Settings
from tests.bench import lists, measure
from tests.bench.serving import Reading, reading, serving
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases
from tests.support.site import make_secrets, settings_of

PACKAGES = ("pretalx==2025.2.2", "gunicorn==23.0.0", "psycopg[binary]==3.2.9")
STORIES = 200
TIMES, OURS, READERS = 16, 20, 4
"""How often a list of pretalx is read in a round; how many times more one of ours; by how many at once."""
CARDS = -(-STORIES // PAGE)
"""Pages of ours that show as many as the one of pretalx."""

SEED = f"""
import django
django.setup()
from django.utils.timezone import now
from django_scopes import scope, scopes_disabled
from pretalx.event.models import Event
from pretalx.event.utils import create_organiser_with_team
from pretalx.person.models import User, UserApiToken
from pretalx.person.models.auth_token import ENDPOINTS, READ_PERMISSIONS
from pretalx.submission.models import Submission
with scopes_disabled():
    user = User.objects.create_superuser(email="a@example.org", password="bench bench bench")
    organiser, team = create_organiser_with_team(name="Guong", slug="org", users=[user])
    event = Event.objects.create(
        name="Guong", slug="guong", organiser=organiser, is_public=True, date_from=now().date(), date_to=now().date(),
        timezone="Asia/Ho_Chi_Minh", email="a@example.org", locale_array="en", locale="en")
with scope(event=event):
    event.build_initial_data()
    team.limit_events.add(event)
    event.feature_flags["show_featured"] = "always"
    event.save()
    for number in range({STORIES}):
        one = Submission.objects.create(
            event=event, title=f"Đọc sách mỗi chiều {{number}}", submission_type=event.cfp.default_type,
            abstract="Mỗi chiều cô ở lại dạy chữ cho trẻ xa nhà.", is_featured=True, state="confirmed")
        one.speakers.add(User.objects.create(email=f"u{{number}}@example.org", name=f"Nguyễn Thị Thảo {{number}}"))
    token = UserApiToken.objects.create(user=user, name="bench")
    token.endpoints = {{name: list(READ_PERMISSIONS) for name in ENDPOINTS}}
    token.events.add(event)
    token.save()
    print("token", token.token)
"""


async def ratios(databases: Databases, postgres: Postgres, rounds: int) -> list[measure.Row]:
    """How many times as many lists we serve as pretalx does. Raises MissingPart without Node."""
    if shutil.which("npm") is None:
        raise MissingPart("pretalx builds its styles with npm, which is not here: install nodejs and npm")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port, token = await stack.enter_async_context(_pretalx(folder, postgres))
        their_list = reading(port, "/guong/featured/", TIMES, readers=READERS, **THEIRS)
        path = "/api/events/guong/submissions/?page_size=20"
        their_json = reading(port, path, TIMES, readers=READERS, authorization=f"Token {token}", **THEIRS)
        our_list = await stack.enter_async_context(_gallery(databases, folder / "publishing"))
        listed = await measure.rates(rounds, our_list, their_list)
        (folder / "nomination").mkdir()
        asked = lists.as_json(databases, folder / "nomination", limit=20, requests=OURS * TIMES, readers=READERS)
        our_json, _ = await stack.enter_async_context(asked)
        told = await measure.rates(rounds, our_json, their_json)
    return [
        measure.Row("gallery page / pretalx's list of 200", [OURS * CARDS * one for one in listed], 100),
        measure.Row(f"gallery, all {CARDS} pages / the same", [OURS * one for one in listed], 5),
        measure.Row("list of 20 as JSON / pretalx's", [OURS * one for one in told], 50),
    ]


THEIRS = {"host": "localhost", "accept": "text/html, application/json"}


def floor(app: ASGIApp, _settings: Settings) -> ASGIApp:
    """See `serving.Floor`: pretalx is no part of our process."""
    return app


@asynccontextmanager
async def _gallery(databases: Databases, folder: Path) -> AsyncIterator[Reading]:
    folder.mkdir()
    database = await databases.service("publishing")
    await make.consent_rule(database)
    for number in range(STORIES):
        await make.live(database, code=f"TB-24-{number + 1:04}")
    make_secrets(folder)
    async with serving("publishing", __name__, settings_of(folder, database)) as port:
        pages = [
            reading(port, f"/guong?trang={number}" if number > 1 else "/guong", OURS * TIMES, readers=READERS)
            for number in range(1, CARDS + 1)
        ]

        async def all_pages() -> float:
            return sum([await page() for page in pages])

        yield all_pages


@asynccontextmanager
async def _pretalx(folder: Path, postgres: Postgres) -> AsyncIterator[tuple[int, str]]:
    """A server with an event of so many talks: its port, and a token for its API."""
    home = folder / "pretalx"
    (home / "data").mkdir(parents=True)
    await postgres.ensure_login("pretalx", PASSWORD)
    await postgres.ensure_database("pretalx", "pretalx")
    (home / "pretalx.cfg").write_text(
        f"[filesystem]\\ndata = {home / 'data'}\\nstatic = {home / 'static'}\\n"
        f"[site]\\ndebug = False\\nurl = http://localhost\\n"
        f"[database]\\nbackend = postgresql\\nname = pretalx\\nuser = pretalx\\npassword = {PASSWORD}\\n"
        f"host = {LOOPBACK}\\nport = {postgres.port}\\n"
    )
    binaries = home / "venv" / "bin"
    await _run(home, sys.executable, "-m", "venv", str(home / "venv"))
    await _run(home, str(binaries / "pip"), "install", "--quiet", *PACKAGES)
    python = str(binaries / "python")
    await _run(home, python, "-m", "pretalx", "migrate")
    await _run(home, python, "-m", "pretalx", "rebuild", "--npm-install")
    told = await _run(home, python, "-c", SEED)
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        str(binaries / "gunicorn"), "pretalx.wsgi", "--bind", f"{LOOPBACK}:{port}", "--keep-alive", "60",
        "--worker-class", "gthread", "--threads", "1", env=_environ(home), cwd=home,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port, told.rsplit("token ", 1)[1].strip()
    finally:
        server.terminate()
        await server.wait()


def _environ(home: Path) -> dict[str, str]:
    return os.environ | {"PRETALX_CONFIG_FILE": str(home / "pretalx.cfg"), "DJANGO_SETTINGS_MODULE": "pretalx.settings"}


async def _run(home: Path, *command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=_environ(home), cwd=home, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise MissingPart(f"{' '.join(command[:4])} ended with {process.returncode}: {told.decode()[-500:]}")
    return told.decode()
