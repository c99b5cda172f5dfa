"""The suite in half the time: its parts, three at a time, each a pytest process with servers of its own.

Two keep two cores busy for three quarters of the time: the rest is waiting for brokers and browsers.

    python -m tests [arguments for pytest]

Tests marked `long` are left out unless WHOLE is set: what lands is tested with them (.ci/run). A part's report is shown
when it ends. Ends with 1 when one failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.ports import free_port

TESTS = Path(__file__).parent
AT_ONCE = 3
NO_BROKER = "unit or db or contracts"
SERVICES = ("nomination", "review", "publishing", "notification")
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Part:
    """Tests with these marks in these folders."""

    marks: str
    folders: tuple[str, ...] = ("",)

    def __str__(self) -> str:
        return f"{self.marks}: {', '.join(self.folders)}" if any(self.folders) else self.marks

    def command(self, arguments: list[str]) -> list[str]:
        """The pytest that runs it."""
        return [
            sys.executable,
            "-m",
            "pytest",
            "-m",
            self.marks if os.environ.get("WHOLE") else f"({self.marks}) and not long",
            *(str(TESTS / one) for one in self.folders),
            *arguments,
        ]


def parts() -> list[Part]:
    """All tests: what takes longest first, and whole agencies of several parts as little as can be side by side."""
    others = sorted(one.name for one in TESTS.iterdir() if one.name not in SERVICES and any(one.glob("test_*.py")))
    return [
        Part("flow"),
        Part("browser"),
        Part("kafka"),
        Part(NO_BROKER, ("nomination",)),
        Part(NO_BROKER, tuple(others)),
        Part(NO_BROKER, tuple(one for one in SERVICES if one != "nomination")),
    ]


def run(part: Part, arguments: list[str], report: IO[bytes]) -> bool:
    """Whether it passed; its report goes into the file. Agencies of several parts meet on no port.

    Compiled modules are kept, whatever the shell says: the parts start our services more than a hundred times.
    """
    environment = os.environ | {"FRONT_PORT": str(free_port()), "PYTHONDONTWRITEBYTECODE": ""}
    code = subprocess.run(
        part.command(arguments), env=environment, stdout=report, stderr=subprocess.STDOUT, check=False
    ).returncode
    return code == 0 or (bool(arguments) and code == NOTHING_COLLECTED)


def main(arguments: list[str]) -> int:
    """Run them all; the exit code."""
    begun = time.monotonic()
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool, tempfile.TemporaryDirectory() as folder:
        running = {}
        for number, part in enumerate(parts()):
            report = (Path(folder) / str(number)).open("w+b")
            running[pool.submit(run, part, arguments, report)] = (part, report)
        for done in as_completed(running):
            part, report = running[done]
            report.seek(0)
            sys.stdout.write(f"\n{part}\n{report.read().decode(errors='replace')}")
            print(f"after {time.monotonic() - begun:.0f} s", flush=True)
            report.close()
            failed += [] if done.result() else [str(part)]
    print(f"all in {time.monotonic() - begun:.0f} s" + "".join(f"\nfailed: {one}" for one in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
