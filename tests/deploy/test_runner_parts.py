"""Parts of the runner by themselves: lock, recorded processes, ports, clock, the federation's copy, the front."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest

from deploy.local.children import Recorded, end, launch, started_at, wait_gone
from deploy.local.federation_file import fill_in
from deploy.local.front import Front, make_app, service_of
from deploy.local.ports import free_port
from deploy.local.server import StartFailed
from deploy.local.services import make_secrets
from deploy.local.state import AlreadyRunning, Local, NotOurs
from deploy.local.supervisor import ServiceSpec, Supervisor, cause
from shared.clock import Clock
from shared.events import SERVICES
from shared.federation import Federation

pytestmark = pytest.mark.flow


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    local = Local(tmp_path / "local")
    local.acquire()
    yield local
    local.release()


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Recorded]:
    process = launch(["sleep", "60"], log=tmp_path / "log")
    yield Recorded("sleeper", process.pid, started_at(process.pid) or "")
    process.kill()
    process.wait()


def test_a_folder_is_taken_once(local: Local) -> None:
    with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
        Local(local.folder).acquire()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    for act in (Local(tmp_path).acquire, Local(tmp_path).remove):
        with pytest.raises(NotOurs):
            act()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_only_the_recorded_process_is_ended_never_a_stranger_with_its_pid(local: Local, sleeper: Recorded) -> None:
    local.record([replace(sleeper, started="another boot:1")])
    assert local.clean_up() == []
    assert sleeper.is_alive()
    local.record([sleeper])
    assert local.clean_up() == [sleeper]
    assert not sleeper.is_alive()


def test_who_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    process = launch([sys.executable, "-c", stubborn], log=tmp_path / "log")
    while "deaf" not in (tmp_path / "log").read_text():
        assert process.poll() is None
    one = Recorded("stubborn", process.pid, started_at(process.pid) or "")
    assert end([one], 0.2) == [one]
    assert process.wait() == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of their parent's end")
def test_children_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from deploy.local.children import launch, started_at\n"
        "p = launch(['sleep', '60'], log=Path(sys.argv[1]) / 'log'); print(p.pid, started_at(p.pid), flush=True)\n"
        "os.read(0, 1); os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        text=True,
    )
    assert parent.stdout is not None
    pid, started = parent.stdout.readline().split()
    child = Recorded("child", int(pid), started)
    until_slept = [child]
    while "sleep" not in Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]:
        assert child.is_alive()
    parent.communicate("x")
    assert wait_gone(until_slept, 10) == []


def test_a_port_stays_while_it_is_free(local: Local) -> None:
    port = local.port("front")
    assert Local(local.folder).port("front") == port
    assert local.port("review") != port
    assert free_port(port, taken=frozenset({port})) != port


def test_the_domain_clock_is_set_once_and_runs_on(local: Local) -> None:
    day = date(2024, 10, 15)
    offset, late = local.clock_offset(day)
    assert (Clock(timedelta(seconds=offset)).today(), late) == (day, False)
    assert Local(local.folder).clock_offset(None) == (offset, False)
    assert Local(local.folder).clock_offset(date(2025, 1, 1)) == (offset, True)


def test_the_copy_of_the_federation_names_addresses_and_recipients(local: Local, federation_2023: Path) -> None:
    source = Federation.load(federation_2023)
    addresses = {"tan-binh": "http://tan-binh.localhost:8080"}
    make_secrets(local, "tan-binh")
    path = fill_in(source, local, ["tan-binh"], addresses)
    text, filled = path.read_text(), Federation.load(path)
    assert [one.address for one in filled.agency_list] == [None, None, addresses["tan-binh"], None, None, None]
    assert [one.id for one in filled.recipients] == [f"tan-binh/{service}/1" for service in SERVICES]
    assert (filled.edges, filled.name, filled.version) == (source.edges, source.name, source.version)
    assert "SECRET" not in text
    assert fill_in(source, local, ["tan-binh"], addresses).read_text() == text
    files = [path for path in (local.folder / "secrets").rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert len({path.read_text() for path in files if path.name == "link.key"}) == 1


def test_how_a_process_ended_is_told_in_words() -> None:
    assert [cause(code) for code in (1, -9, -15)] == ["ended with code 1", "ended by SIGKILL", "ended by SIGTERM"]


async def test_bad_settings_end_the_start(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(say=lines.append, record=lambda _: None)
    code = "import sys; print('GUONGSANG_AGENCY: missing'); sys.exit(2)"
    log = tmp_path / "x.log"
    supervisor.start_services([ServiceSpec("x", (sys.executable, "-c", code), dict(os.environ), free_port(), log)])
    with pytest.raises(StartFailed, match="x: bad settings: GUONGSANG_AGENCY: missing"):
        await supervisor.ready(30)
    await supervisor.stop()


async def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(say=lambda _: None, record=lambda _: None)
    command = (sys.executable, "-c", "print('no table'); raise SystemExit(3)")
    spec = ServiceSpec("x migrate", command, dict(os.environ), 0, tmp_path / "x.log")
    with pytest.raises(StartFailed, match="x migrate ended with code 3: no table"):
        await supervisor.run_once([spec])
    await supervisor.stop()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "publishing"),
        ("/guong/1", "publishing"),
        ("/static/site.css", "publishing"),
        ("/de-cu", "nomination"),
        ("/de-cu/ke-hoach", "nomination"),
        ("/de-cung", "publishing"),
        ("/xet-duyet/ho-so", "review"),
        ("/phan-anh", "publishing"),
        ("/phan-anh/khen-thuong/3", "review"),
        ("/door/review/parcels/1", "review"),
        ("/viec", "notification"),
        ("/ra", "notification"),
        ("/api/v1/review/cases", "review"),
        ("/api/v1/publishing/stories", "publishing"),
    ],
)
def test_who_serves_a_path(path: str, service: str) -> None:
    assert service_of(path) == service


ECHO = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/de-cu/gay": self.connection.shutdown(2); self.close_connection = True; return
        text = json.dumps({"path": self.path, "body": body.decode(), "headers": sorted(self.headers.items())}).encode()
        self.send_response(200); self.send_header("set-cookie", "s=1"); self.send_header("set-cookie", "t=2")
        self.send_header("content-length", str(len(text))); self.end_headers(); self.wfile.write(text)
    do_POST = do_GET
    def log_message(self, *a): pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
"""


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    process = launch([sys.executable, "-c", ECHO, str(port)], log=tmp_path / "echo.log")
    while True:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False)
            break
        except httpx2.HTTPError:
            assert process.poll() is None
    yield port
    process.kill()
    process.wait()


async def test_the_front_forwards_everything_and_speaks_for_itself(echo: int) -> None:
    app = make_app(Front(8080, {"tan-binh": {"nomination": f"127.0.0.1:{echo}", "review": f"127.0.0.1:{free_port()}"}}))
    host = "http://tan-binh.localhost:8080"
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=host) as client,
    ):
        forged = {"x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "https", "connection": "x-secret", "x-secret": "1"}
        answer = await client.post("/de-cu/a%2Fb?q=%C4%91", content="thân".encode(), headers=forged)
        seen = {key.lower(): value for key, value in answer.json()["headers"]}
        assert (answer.json()["path"], answer.json()["body"]) == ("/de-cu/a%2Fb?q=%C4%91", "thân")
        assert {key: seen.get(key) for key in ("host", "x-forwarded-host", "x-forwarded-for", "x-secret")} == {
            "host": "tan-binh.localhost:8080",
            "x-forwarded-host": "tan-binh.localhost:8080",
            "x-forwarded-for": "127.0.0.1",
            "x-secret": None,
        }
        assert seen["x-forwarded-proto"] == "http"
        assert answer.headers.get_list("set-cookie") == ["s=1", "t=2"]

        client.cookies.clear()
        second = {key.lower() for key, _ in (await client.get("/de-cu")).json()["headers"]}
        assert "cookie" not in second  # the front gave no visitor the cookies of the one before

        codes = [(await client.get(path)).status_code for path in ("/xet-duyet", "/guong", "/de-cu/gay", "/metrics")]
        assert codes == [503, 503, 502, 404]
        assert (await client.get("/de-cu/%2e%2e/readyz")).status_code == 400
        assert (await client.get("http://hue.localhost:8080/")).status_code == 404
        assert (await client.get("http://127.0.0.1:8080/readyz")).json() == {"ready": True}
