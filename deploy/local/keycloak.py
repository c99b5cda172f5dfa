"""A real Keycloak as a local JVM: the distribution by Maven into the user's cache, the realm of `deploy/keycloak`.

The first start takes most of a minute, half of it for a step that Keycloak does once per installation; later ones a
quarter of that. It keeps its accounts in its own folder.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx2

from deploy.local import jars
from deploy.local.children import TICK, launch, launched
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.server import Server, StartFailed

PLACE = jars.POM.parents[1] / "keycloak"
POM = PLACE / "pom.xml"
REALM = PLACE / "realm.json"
NAME: str = json.loads(REALM.read_text())["realm"]
HOST = "id.localhost"


def version() -> str:
    """Keycloak's version, as the pom says."""
    match = re.search(r"<keycloak\.version>(.+?)<", POM.read_text())
    return match[1] if match else "?"


class Keycloak(Server):
    """A Keycloak with one realm and one client, `agency`, whose people come back to `address`.

    `samples` is the password of all sample accounts, made for this folder.
    """

    name = "keycloak"

    def __init__(self, folder: Path, *, agency: str, address: str, port: int | None = None) -> None:
        super().__init__(folder)
        self.agency = agency
        self.agency_address = address
        self.port = port or free_port()
        self.management_port = free_port(taken=frozenset({self.port}))

    @property
    def address(self) -> str:
        """host:port as this machine reaches it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def issuer(self) -> str:
        """How the realm names itself in tokens; browsers resolve the name by themselves."""
        return f"http://{HOST}:{self.port}/realms/{NAME}"

    @property
    def backchannel(self) -> str:
        """The same realm as this machine reaches it."""
        return f"http://{self.address}/realms/{NAME}"

    @property
    def samples(self) -> str:
        """The password of the sample accounts; made once, kept 0600."""
        return self._secret("samples")

    @property
    def home(self) -> Path:
        """This server's own copy of the distribution: Keycloak writes into its folders."""
        return self.folder / "keycloak"

    def prepare(self) -> None:
        """Fetch the distribution, copy it, and lay the realm into it. Raises MissingPart, StartFailed."""
        found = jars.fetch_once(jars.folder_of("keycloak", POM), _unpack)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.home.is_dir():
            half = self.folder / "keycloak.new"
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(next(found.glob("keycloak-*")), half)
            half.rename(self.home)
        (self.home / "data" / "import").mkdir(parents=True, exist_ok=True)
        shutil.copy(REALM, self.home / "data" / "import" / REALM.name)

    def launch(self) -> None:
        """Start it; its script hands a signal on to the JVM."""
        self.running = launch(
            [
                "sh",  # what unpacks a zip leaves out who may run what
                self.home / "bin" / "kc.sh",
                "start-dev",
                "--import-realm",
                "--cache=local",
                f"--http-host={LOOPBACK}",
                f"--http-port={self.port}",
                f"--hostname=http://{HOST}:{self.port}",
                f"--http-management-port={self.management_port}",
                "--health-enabled=true",
            ],
            log=self.log,
            env=os.environ
            | {
                "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m",
                "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
                "KC_BOOTSTRAP_ADMIN_PASSWORD": self._secret("admin"),
                "SAMPLE_PASSWORD": self.samples,
                "AGENCY": self.agency,
                "AGENCY_ADDRESS": self.agency_address,
            },
        )

    def wait_ready(self, seconds: float = 180) -> None:
        """Wait until the realm answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_running():
                raise StartFailed(f"Keycloak did not start: {self.last_words()} ({self.log})")
            try:
                if httpx2.get(self.backchannel, trust_env=False).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(TICK * 25)
        raise StartFailed(f"Keycloak does not answer on {self.address} after {seconds:.0f} s ({self.log})")

    def kill(self) -> None:
        """End the script and its JVM at once."""
        if self.running is not None and self.is_running():
            os.killpg(self.running.pid, signal.SIGKILL)
        super().kill()

    def _secret(self, name: str) -> str:
        path = self.folder / f"{name}.password"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text()


def _unpack(target: Path) -> None:
    words = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    words = launched([*words, "-DexcludeTransitive=true", f"-DoutputDirectory={target}"])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = next(target.glob("keycloak-*.zip"), None)
    if done.returncode != 0 or found is None:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise StartFailed(f"Maven could not fetch Keycloak: {(errors or ['no message'])[0]}")
    shutil.unpack_archive(found, target)
    found.unlink()
