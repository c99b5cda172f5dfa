"""Apache Kafka's jars: copied once per version by Maven from `deploy/kafka/pom.xml` into the user's cache folder."""

import fcntl
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.local.children import cache_folder, launched
from deploy.local.server import MissingPart, StartFailed

POM = Path(__file__).parents[1] / "kafka" / "pom.xml"
OLDEST_JAVA = 17


def version() -> str:
    """Kafka's version, as the pom says."""
    match = re.search(r"<kafka\.version>(.+?)<", POM.read_text())
    return match[1] if match else "?"


def missing() -> str | None:
    """What keeps the jars from being fetched and run here, in a few words; none if nothing does."""
    return missing_java() or (None if shutil.which("mvn") else "mvn not found")


def missing_java() -> str | None:
    """What keeps the jars from being run here; none if nothing does."""
    if shutil.which("java") is None:
        return "java not found"
    found = _java_version()
    return None if found >= OLDEST_JAVA else f"java {found} is older than {OLDEST_JAVA}"


def folder() -> Path:
    """The folder where the jars of this pom lie, or will lie."""
    return folder_of("kafka", POM)


def folder_of(name: str, pom: Path) -> Path:
    """The folder in the cache for what a pom names; another for each change of it."""
    return cache_folder() / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"


def fetch() -> Path:
    """Have the jars, and return their folder. Waits for another process that is fetching them.

    Raises MissingPart without Java and Maven, StartFailed if Maven fails.
    """
    return fetch_once(folder(), _copy)


def fetch_once(target: Path, get: Callable[[Path], None]) -> Path:
    """Have a folder that `get` fills by Maven, whole or not at all; raises as `fetch` does."""
    if target.is_dir():
        return target
    if lack := missing():
        raise MissingPart(f"{target.name.partition('-')[0]} needs Java {OLDEST_JAVA}+ and Maven here: {lack}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            half = target.with_suffix(".new")
            shutil.rmtree(half, ignore_errors=True)
            get(half)
            half.rename(target)
    return target


def _copy(target: Path) -> None:
    words = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    words = launched([*words, f"-DoutputDirectory={target}"])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not any(target.glob("kafka_*.jar")):
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise StartFailed(f"Maven could not fetch Apache Kafka's jars: {(errors or ['no message'])[0]}")


def _java_version() -> int:
    """The major version of `java`, 0 if it cannot be read (older ones say 1.8)."""
    asked = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(?:1\.)?(\d+)', asked.stderr)
    return int(match[1]) if match else 0
