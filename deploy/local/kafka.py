"""A real Apache Kafka broker as one local JVM (KRaft), with accounts (SASL/SCRAM-SHA-512) and the authorizer on.

The settings are those measured for a laptop: small heap, short sessions, so that a killed broker serves again within
seconds.
"""

import json
import os
import secrets
import shutil
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.accounts import QUIET, ensure_accounts, sasl_settings
from deploy.local import jars
from deploy.local.children import TICK, launch, launched
from deploy.local.ports import LOOPBACK, free_port, listens
from deploy.local.server import Server, StartFailed

ADMIN = "admin"
CONTROLLER = "controller"
LOG_SETTINGS = jars.POM.with_name("log4j2.properties")
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"

JVM = (
    *("-Xms64m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
    *("-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8"),
    f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
)

SETTINGS = dict(
    line.split("=", 1)
    for line in jars.POM.with_name("server.properties").read_text().splitlines()
    if "=" in line and not line.startswith("#")
)
"""What every broker of ours is told, wherever it runs."""


class Kafka(Server):
    """A one-node Kafka in a folder (`log/`, `server.properties`, `secrets.json`, `kafka.log`).

    Clients use SASL_PLAINTEXT with SCRAM-SHA-512; `admin` may do everything. Accounts are made with `ensure_account`,
    their rights by `deploy.topics`. Further `settings` replace the broker's own (`num_partitions="3"`).
    """

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        heap: str = "256m",
        **settings: str,
    ) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.controller_port = controller_port or free_port(taken=frozenset({self.port}))
        self.heap = heap
        self.settings = {name.replace("_", "."): value for name, value in settings.items()}

    @property
    def address(self) -> str:
        """host:port of the listener for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def data(self) -> Path:
        """The broker's own data folder."""
        return self.folder / "log"

    def prepare(self) -> None:
        """Fetch the jars, write the settings, format the data folder the first time."""
        jars.fetch()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_settings(self.data)
        if not self.data.is_dir():
            self._format()

    def launch(self) -> None:
        """Start the JVM."""
        command = self._java("kafka.Kafka", str(self.folder / "server.properties"))
        self.running = launch(command, log=self.log)

    def wait_ready(self, seconds: float = 60) -> None:
        """Wait until the broker answers its administrator: an open port is not yet a ready broker."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_running():
                raise StartFailed(f"Apache Kafka did not start: {self.last_words()} ({self.log})")
            if listens(self.port) and self._answers():
                return
            time.sleep(TICK * 5)
        raise StartFailed(f"Apache Kafka does not answer on {self.address} after {seconds:.0f} s ({self.log})")

    @property
    def secrets(self) -> dict[str, str]:
        """Passwords of `admin` and `controller`, and the cluster's id; made once, kept 0600."""
        path = self.folder / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(24) for name in (ADMIN, CONTROLLER)}
            made["cluster"] = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_private(path, json.dumps(made))
        stored: dict[str, str] = json.loads(path.read_text())
        return stored

    def client_settings(self, user: str = ADMIN, password: str | None = None) -> dict[str, Any]:
        """Settings for a confluent-kafka client of this broker; the administrator's without arguments."""
        return sasl_settings(self.address, user, password or self.secrets[ADMIN])

    def admin(self) -> AdminClient:
        """A new admin client with all rights."""
        return AdminClient(self.client_settings(), logger=QUIET)

    def ensure_account(self, user: str, password: str) -> None:
        """Have a SCRAM account with this password."""
        ensure_accounts(self.admin(), {user: password})

    def _answers(self) -> bool:
        try:
            return bool(self.admin().list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _java(self, main: str, *arguments: str) -> list[str]:
        """A command line; whatever is secret stands in files."""
        return ["java", *JVM, f"-Xmx{self.heap}", "-cp", f"{jars.folder()}/*", main, *arguments]

    def _write_settings(self, data: Path) -> None:
        known = self.secrets
        here = f"CLIENTS://{self.address},CONTROLLER://{LOOPBACK}:{self.controller_port}"
        scram = f'{SCRAM_LOGIN} required username="{ADMIN}" password="{known[ADMIN]}";'
        plain = f'{PLAIN_LOGIN} required username="{CONTROLLER}" password="{known[CONTROLLER]}"'
        settings = SETTINGS | {
            "listeners": here,
            "advertised.listeners": here,
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self.controller_port}",
            "log.dirs": str(data),
            "listener.name.clients.scram-sha-512.sasl.jaas.config": scram,
            "listener.name.controller.plain.sasl.jaas.config": f'{plain} user_{CONTROLLER}="{known[CONTROLLER]}";',
            **self.settings,
        }
        _write_private(
            self.folder / "server.properties", "".join(f"{name}={value}\n" for name, value in settings.items())
        )

    def _format(self) -> None:
        """Format a folder beside the final place and rename it: a half-made one is never taken for a whole one."""
        half = self.folder / "log.new"
        shutil.rmtree(half, ignore_errors=True)
        known = self.secrets
        self._write_settings(half)
        words = [
            "-cp",
            f"{jars.folder()}/*",
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            f"--cluster-id={known['cluster']}",  # as one word: it may begin with a dash
        ]
        words += ["-c", str(self.folder / "server.properties")]
        words += ["--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={known[ADMIN]}]"]
        arguments = self.folder / "format.arguments"  # in a file: other users see command lines
        _write_private(arguments, "\n".join(f'"{word}"' for word in [*JVM, *words]))
        done = subprocess.run(launched(["java", f"@{arguments}"]), capture_output=True, text=True, check=False)
        arguments.unlink()
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
            raise StartFailed(f"Apache Kafka's storage could not be formatted: {last[0]}")
        half.rename(self.data)
        self._write_settings(self.data)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
