"""The runner as a person has it: a process that runs PostgreSQL, real Kafka, services (stand-ins here), the front.

The tests follow one another on one folder: a start costs seconds, and what the first told must outlive all ends.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.children import Recorded, wait_gone
from deploy.local.state import Local

pytestmark = pytest.mark.flow

ROOT = Path(__file__).parents[2]
STANDIN = Path(__file__).with_name("standin.py")
PARTS = ["front", "kafka", "postgres", "tan-binh/nomination", "tan-binh/review"]


class Run:
    """A runner of a folder; `last` is the one that a test started last."""

    last: "Run | None" = None

    def __init__(self, folder: Path, broker: str = "kafka") -> None:
        Run.last = self
        self.local = Local(folder)
        self.output = folder.with_suffix(".out")
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(STANDIN), "run", str(folder), broker],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def wait_for(self, word: str, times: int = 1) -> None:
        until = time.monotonic() + 90
        while self.output.read_text().count(word) < times:
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < until, self.output.read_text()
            time.sleep(0.1)

    def wait_ready(self) -> "Run":
        self.wait_for("Ctrl-C stops")
        return self

    def processes(self) -> dict[str, Recorded]:
        return {one.name: one for one in self.local.recorded()}

    def visit(self, method: str, path: str) -> httpx2.Response:
        port = json.loads((self.local.folder / "ports.json").read_text())["front"]
        headers = {"host": f"tan-binh.localhost:{port}"}
        return httpx2.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30, trust_env=False)

    def told(self) -> Any:
        """What the stand-in's database and topic hold, once it answers again."""
        until = time.monotonic() + 60
        while (answer := self.visit("GET", "/de-cu")).status_code != 200:
            assert time.monotonic() < until, (answer.text, self.output.read_text())
            time.sleep(0.2)
        return answer.json()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def folder(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of this module's runs; nothing of them is left in the end."""
    folder = tmp_path_factory.mktemp("runner") / "local"
    yield folder
    assert command("stop", folder).returncode == 0
    assert [one.name for one in Local(folder).recorded() if one.is_alive()] == []


@pytest.fixture
def running(folder: Path) -> Run:
    """A runner that is ready: the last one if it still runs, else a new one on the same folder."""
    last = Run.last
    if last is None or last.process.poll() is not None:
        last = Run(folder)
    return last.wait_ready()


def command(name: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "deploy.local", name, "--local", str(folder), *more]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)


def test_a_service_that_is_down_gives_a_page(running: Run) -> None:
    assert sorted(running.processes()) == PARTS
    assert running.visit("GET", "/guong").status_code == 503  # publishing has no program here
    assert "Đang bảo trì" in running.visit("GET", "/").text
    assert running.visit("GET", "/readyz").status_code == 404


def test_a_second_runner_is_refused_and_names_the_first(running: Run, folder: Path) -> None:
    second = command("run", folder)
    told = f"a runner (pid {running.process.pid}) works on {folder} already: stop it first, or take another --local\n"
    assert (second.returncode, second.stderr) == (1, told)
    assert command("reset", folder, "--yes").returncode == 1
    assert command("status", folder).returncode == 0
    assert sorted(running.processes()) == PARTS


def test_each_killed_part_comes_back(running: Run) -> None:
    assert running.visit("POST", "/de-cu/mot").status_code == 201
    for number, part in enumerate(("tan-binh/review", "postgres", "kafka", "tan-binh/nomination"), 1):
        os.kill(running.processes()[part].pid, signal.SIGKILL)
        running.wait_for("ready again", number)
        assert f"{part}: ready again" in running.output.read_text()
    assert running.told() == {"rows": ["mot"], "said": ["mot"]}
    assert sorted(running.processes()) == PARTS
    assert all(one.is_alive() for one in running.processes().values())


def test_ctrl_c_ends_everything_and_loses_nothing(running: Run, folder: Path) -> None:
    kept = ["ports.json", "secrets/tan-binh/review/age-identities.txt", "secrets/tan-binh/link.key", "federation.toml"]
    files = [(folder / name).read_text() for name in kept]
    assert running.visit("POST", "/de-cu/hai").status_code == 201
    before = list(running.processes().values())
    assert running.end(signal.SIGINT) == 0
    assert wait_gone(before, 0) == []

    again = Run(folder).wait_ready()
    assert again.told() == {"rows": ["hai", "mot"], "said": ["hai", "mot"]}
    assert [(folder / name).read_text() for name in kept] == files


def test_a_power_cut_loses_nothing(running: Run, folder: Path) -> None:
    assert running.visit("POST", "/de-cu/ba").status_code == 201
    every = [*running.processes().values(), running.local.holder()]
    for one in every:
        assert one is not None
        os.kill(one.pid, signal.SIGKILL)
    running.process.wait(10)
    assert command("status", folder).returncode == 1

    again = Run(folder).wait_ready()
    assert again.told() == {"rows": ["ba", "hai", "mot"], "said": ["ba", "hai", "mot"]}


def test_a_killed_runner_leaves_no_process(running: Run, folder: Path) -> None:
    before = list(running.processes().values())
    running.end(signal.SIGKILL)
    assert command("stop", folder).returncode == 0
    assert wait_gone(before, 0) == []


def test_stop_ends_a_runner(running: Run, folder: Path) -> None:
    before = list(running.processes().values())
    stopped = command("stop", folder)
    told = f"the runner (pid {running.process.pid}) has stopped\n"
    assert (stopped.returncode, stopped.stdout, running.process.wait(5)) == (0, told, 0)
    assert wait_gone(before, 0) == []


def test_reset_deletes_what_a_runner_made_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    assert command("reset", folder, "--yes").returncode == 0
    assert not folder.exists()
    (tmp_path / "mine.txt").write_text("mine")
    assert command("reset", tmp_path, "--yes").returncode == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_on_the_evaluation_broker_services_follow_it_to_its_new_address(tmp_path: Path) -> None:
    run = Run(tmp_path / "local", "evaluation")
    try:
        run.wait_ready()
        assert run.visit("POST", "/de-cu/mot").status_code == 201
        assert run.told() == {"rows": ["mot"], "said": ["mot"]}
        os.kill(run.processes()["evaluation-broker"].pid, signal.SIGKILL)
        run.wait_for("services start again")
        forgotten = {"rows": ["mot"], "said": []}  # to fill it again from their archives is the services' business
        while run.told() != forgotten:
            time.sleep(0.2)
    finally:
        assert run.end(signal.SIGTERM) == 0
    assert [one.name for one in run.local.recorded() if one.is_alive()] == []
