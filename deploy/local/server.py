"""What PostgreSQL and the brokers have in common as local servers: one process, started, asked, stopped, killed."""

import signal
import subprocess
from pathlib import Path

from deploy.local.children import Recorded, started_at


class StartFailed(Exception):
    """A part could not be started; the text says in one line what is missing or wrong."""


class MissingPart(StartFailed):
    """A program that the part needs is not on this machine; the text says how to get it."""


class Server:
    """One local server process.

    `start()` is `prepare()` (first-time work, may take seconds), `launch()` (from the main thread, see
    `children.launch`) and `wait_ready()` (asks the server itself). A caller with an event loop runs the first and the
    last in threads.
    """

    name: str
    stop_signal: int = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self.folder / f"{self.name}.log"

    @property
    def address(self) -> str:
        """host:port at which clients reach it."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Do what must be done before the process can start. Raises StartFailed."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start the process."""
        raise NotImplementedError

    def wait_ready(self, seconds: float = 60) -> None:
        """Wait until the server answers. Raises StartFailed if it ends, or does not answer in time."""
        raise NotImplementedError

    def start(self) -> None:
        """Start and wait until it answers. Raises StartFailed."""
        self.prepare()
        self.launch()
        self.wait_ready()

    @property
    def pid(self) -> int | None:
        """The pid of the running process, or none."""
        return self.running.pid if self.is_running() and self.running else None

    def is_running(self) -> bool:
        """Whether the process runs; collects it if it has ended."""
        return self.running is not None and self.running.poll() is None

    def recorded(self) -> Recorded | None:
        """The running process as it is written down for the next run."""
        pid = self.pid
        started = pid and started_at(pid)
        return Recorded(self.name, pid, started, self.stop_signal) if pid and started else None

    def stop(self, grace: float = 8) -> None:
        """Ask the process to end and wait; kill it after `grace` seconds."""
        if self.running is None:
            return
        if self.is_running():
            self.running.send_signal(self.stop_signal)
        try:
            self.running.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
        self.running = None

    def kill(self) -> None:
        """End the process at once, as a power cut would (SIGKILL)."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    def last_words(self, lines: int = 3) -> str:
        """The end of the log, on one line, for a message."""
        try:
            text = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return "no log"
        return " | ".join(line.strip() for line in text[-lines:]) or "the log is empty"
