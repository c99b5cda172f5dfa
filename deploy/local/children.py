"""Processes that the runner starts: launched in a session of their own, recognised again by pid and start time.

A pid alone is no proof: after a crash it may belong to a stranger. So a process is recorded with the moment it was
started, as the system tells it, and is only ever signalled if that still fits.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LAUNCHER = Path(__file__).with_name("child.py")
TICK = 0.02


@dataclass(frozen=True)
class Recorded:
    """A started process. `started` tells it from a later one with its pid; `stop_signal` asks it to end cleanly."""

    name: str
    pid: int
    started: str
    stop_signal: int = signal.SIGTERM

    def is_alive(self) -> bool:
        """Whether this very process still runs (a dead one that nobody has collected does not)."""
        return started_at(self.pid) == self.started

    def send(self, number: int) -> None:
        """Send a signal, if it is still this process."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def launch(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    last_signal: int = signal.SIGTERM,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`.

    It gets `last_signal` when the calling *thread* ends (that is how the system counts), so call it from the main
    thread; 0 asks for no such signal. `user` is the account to drop to (root only).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = launched(command, last_signal=last_signal, user=user)
    with log.open("ab") as out:
        return subprocess.Popen(  # our own commands, no shell
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_with_bytecode(os.environ if env is None else env),
            cwd=cwd,
            start_new_session=True,  # Ctrl-C reaches the runner alone, which stops things in order
        )


def launched(command: Sequence[str | Path], *, last_signal: int = signal.SIGTERM, user: str | None = None) -> list[str]:
    """The words that start `command` by way of the launcher."""
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(int(last_signal)), user or "-", *map(str, command)]


def started_at(pid: int) -> str | None:
    """When the process with this pid started, as an opaque mark; none if there is no such live process."""
    if not sys.platform.startswith("linux"):
        return _asked_of_ps(pid, "lstart=")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return None
    return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


def command_of(pid: int) -> str:
    """The command line of a process, words joined by blanks; empty if there is none."""
    if not sys.platform.startswith("linux"):
        return _asked_of_ps(pid, "command=") or ""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def end(processes: Sequence[Recorded], grace: float) -> list[Recorded]:
    """Ask all to end, wait up to `grace` seconds for all together, kill what is left. Returns what had to be killed."""
    for one in processes:
        one.send(one.stop_signal)
    left = wait_gone(processes, grace)
    for one in left:
        one.send(signal.SIGKILL)
    wait_gone(left, 5)
    return left


def wait_gone(processes: Sequence[Recorded], seconds: float) -> list[Recorded]:
    """Wait until all have ended or the time is over. Returns those still alive."""
    until = time.monotonic() + seconds
    while left := [one for one in processes if one.is_alive()]:
        if time.monotonic() > until:
            return left
        time.sleep(TICK)
    return []


def cache_folder() -> Path:
    """Where things may lie that can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guong-sang"


def _with_bytecode(env: Mapping[str, str]) -> dict[str, str]:
    """An environment in which compiled modules are kept, outside the source tree where they are not wanted there.

    Without them each service compiles everything it imports again, which costs it seconds at every start.
    """
    kept = dict(env)
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(cache_folder() / "bytecode"))
    return kept


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _asked_of_ps(pid: int, column: str) -> str | None:
    answer = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None
