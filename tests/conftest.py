"""One PostgreSQL and one Kafka for the whole run; a clone of a template database for each test."""

import gc
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.server import MissingPart
from tests.support.apart import Apart, make_apart
from tests.support.databases import Databases
from tests.support.line import Line, make_line
from tests.support.site import Sites, sites_in

# As a service's own lines: without the values of an error's variables, which take seconds to draw.
gc.disable()  # until everything is imported

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

KINDS = ("unit", "contracts", "db", "kafka", "flow", "browser")


def _require(part: str, missing: MissingPart) -> None:
    """A part that this run insists on fails it when it is missing; elsewhere its tests are skipped and say why."""
    if part in os.environ.get("REQUIRE", "").split(","):
        pytest.fail(f"{part} is required here: {missing}", pytrace=False)
    pytest.skip(str(missing))


MEMORY = Path("/dev/shm")  # a folder of our own is made in it
ENOUGH = 4 * 1024**3


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server without fsync, in memory where there is enough: a database for a test is a copied folder."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH
    with tempfile.TemporaryDirectory(dir=MEMORY if roomy else tmp_path_factory.getbasetemp()) as folder:
        server = Postgres(Path(folder) / "postgres", durable=False)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A real Kafka broker with accounts and an authorizer."""
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        server.start()
    except MissingPart as missing:
        _require("kafka", missing)
    yield server
    server.stop()


@pytest.fixture
async def databases(postgres: Postgres) -> AsyncIterator[Databases]:
    """Makes databases for a test and drops them after it."""
    made = Databases(postgres)
    yield made
    await made.close()


@pytest.fixture
async def sites(databases: Databases, tmp_path: Path) -> AsyncIterator[Sites]:
    """Makes the real application of a service, over ASGI."""
    async for make in sites_in(databases, tmp_path):
        yield make


@pytest.fixture
async def line(kafka: Kafka, databases: Databases) -> Line:
    """Two toy services of an agency of their own, on the broker of this run."""
    return await make_line(kafka, databases)


@pytest.fixture
async def apart(kafka: Kafka, databases: Databases, tmp_path: Path) -> Apart:
    """The same between two agencies: signed, and judged by the gate of the one below."""
    return await make_apart(kafka, databases, tmp_path)


@pytest.fixture
def federation_file() -> Path:
    """The federation of the plans' years."""
    return Path("deploy/federations/2023.toml")


_seconds: dict[str, float] = defaultdict(float)
_counts: dict[str, int] = defaultdict(int)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add up the time by kind of test."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined]
    kind = next((kind for kind in KINDS if item.get_closest_marker(kind)), "other")
    _seconds[kind] += report.duration
    _counts[kind] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the time per kind."""
    words = [f"{kind} {_counts[kind]} in {_seconds[kind]:.1f} s" for kind in (*KINDS, "other") if _counts[kind]]
    terminalreporter.write_line("time per kind: " + " · ".join(words))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test says what it touches."""
    for item in items:
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            raise pytest.UsageError(f"{item.nodeid} has none of the marks {', '.join(KINDS)}")


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later collection: it lives as long as the run."""
    gc.collect()
    gc.freeze()
    gc.enable()
