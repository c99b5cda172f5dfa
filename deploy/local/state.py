"""What the runner keeps in its folder (`.local/`): lock, ports, processes, secrets, the domain clock's offset."""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import IO, Any

from deploy.local.children import Recorded, end, started_at
from deploy.local.ports import free_port
from shared.clock import offset_to

LETS_GO_WITHIN = 5.0
"""Seconds for which a process that has ended may still hold the folder: its threads die one after the other."""


class AlreadyRunning(Exception):
    """Another runner works on this folder; `holder` is its process, if it could be read."""

    def __init__(self, folder: Path, holder: Recorded | None) -> None:
        self.holder = holder
        pid = holder.pid if holder else "unknown"
        super().__init__(f"a runner (pid {pid}) works on {folder} already: stop it first, or take another --local")


class NotOurs(Exception):
    """The folder holds something that no runner made."""


class Local:
    """The runner's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock: IO[str] | None = None
        self._ports: dict[str, int] = {}

    def acquire(self) -> None:
        """Take the folder for this process. Raises AlreadyRunning, or NotOurs for somebody else's folder."""
        if self.folder.is_dir() and any(self.folder.iterdir()) and not self._lock_path.exists():
            raise NotOurs(f"{self.folder} was not made by the runner: take another --local")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        lock = self._lock_path.open("a+")
        until = time.monotonic() + LETS_GO_WITHIN
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = self.holder()
                if holder is None or holder.is_alive() or time.monotonic() > until:
                    lock.close()
                    raise AlreadyRunning(self.folder, holder) from None
                time.sleep(0.05)
        lock.truncate(0)
        me = Recorded("runner", os.getpid(), started_at(os.getpid()) or "")
        lock.write(json.dumps(asdict(me)))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def holder(self) -> Recorded | None:
        """The process that took the folder last, alive or not."""
        try:
            return Recorded(**json.loads(self._lock_path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def record(self, processes: Iterable[Recorded]) -> None:
        """Write down the processes that run now, for whoever must clean up after a crash."""
        _replace(self.folder / "processes.json", json.dumps([asdict(one) for one in processes], indent=1))

    def recorded(self) -> list[Recorded]:
        """The processes written down last, alive or not."""
        return [Recorded(**one) for one in _read_json(self.folder / "processes.json", [])]

    def clean_up(self, grace: float = 6) -> list[Recorded]:
        """End what an earlier runner left behind, and only that. Returns what was still alive."""
        left = [one for one in self.recorded() if one.is_alive()]
        end(left, grace)
        self.record([])
        return left

    @property
    def ready(self) -> bool:
        """Whether the run on this folder has told that everything was ready."""
        return (self.folder / "ready").exists()

    def tell_ready(self, ready: bool) -> None:
        """Note that everything is ready, or is not any more."""
        path = self.folder / "ready"
        if ready:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    def port(self, name: str, wanted: int | None = None) -> int:
        """The port of a part: the one it had if it is still free, else another, kept from now on."""
        if name in self._ports:  # given in this run: our own part may hold it by now
            return self._ports[name]
        path = self.folder / "ports.json"
        ports: dict[str, int] = _read_json(path, {})
        others = frozenset(port for other, port in ports.items() if other != name)
        ports[name] = free_port(ports.get(name, wanted), taken=others)
        _replace(path, json.dumps(ports, indent=1))
        self._ports[name] = ports[name]
        return ports[name]

    def known_port(self, name: str) -> int | None:
        """The port that a part had last."""
        ports: dict[str, int] = _read_json(self.folder / "ports.json", {})
        return ports.get(name)

    def secret_folder(self, *below: str) -> Path:
        """Where secrets lie: of an agency, or of one of its services (each level 0700)."""
        folder = self.folder
        for level in ("secrets", *below):
            folder = folder / level
            folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def secret(self, path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """The text of a secret file (0600), made the first time."""
        if not path.exists():
            _replace(path, make() + "\n", mode=0o600)
        return path.read_text().strip()

    def clock_offset(self, wanted: date | None) -> tuple[float, bool]:
        """Seconds by which the domain clock is moved, and whether `wanted` came too late to matter.

        The first run decides; the clock then runs on, through restarts too.
        """
        path = self.folder / "clock.json"
        stored: dict[str, Any] = _read_json(path, {})
        if not stored:
            stored = {"offset": offset_to(wanted).total_seconds() if wanted else 0.0, "day": str(wanted or "")}
            _replace(path, json.dumps(stored))
        return float(stored["offset"]), wanted is not None and str(wanted) != stored["day"]

    def empty(self) -> None:
        """Delete all data, but keep the folder taken."""
        for path in self.folder.iterdir():
            if path == self._lock_path:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def remove(self) -> None:
        """Delete the folder with all data. Raises NotOurs."""
        if self.folder.is_dir() and not self._lock_path.exists():
            raise NotOurs(f"{self.folder} was not made by the runner: it is left alone")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _lock_path(self) -> Path:
        return self.folder / "lock"


def _read_json(path: Path, default: Any) -> Any:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return default


def _replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that it is seen whole or not at all."""
    half = path.with_name(path.name + ".new")
    with suppress(FileNotFoundError):
        half.unlink()
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
