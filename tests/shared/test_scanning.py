"""The virus scanner: a real clamd where there is one, with signatures of our own, and one that misbehaves."""

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from shared.scanning import ScannerUnavailable, find_virus
from tests.support.scanner import saying

BAD = b"a program that harms, for tests"


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a real clamd listens that knows one bad file."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        pytest.skip("there is no clamd on this machine")
    folder, port = tmp_path_factory.mktemp("clamd"), free_port()
    (folder / "known").mkdir()
    mark = hashlib.md5(BAD, usedforsecurity=False).hexdigest()
    (folder / "known" / "own.hdb").write_text(f"{mark}:{len(BAD)}:Own.Test\n")
    told = {"DatabaseDirectory": folder / "known", "TCPSocket": port, "TCPAddr": "127.0.0.1", "Foreground": "yes"}
    (folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in told.items()))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([program, "-c", folder / "clamd.conf"], stdout=log, stderr=log)
    try:
        asyncio.run(_listens(port, running, folder / "log"))
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


async def _listens(port: int, running: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert running.poll() is None, log.read_text()
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise AssertionError(log.read_text())


@pytest.mark.unit
async def test_a_real_scanner_tells_bad_files_from_others(clamd: str) -> None:
    files = (BAD, b"words", b"x" * 3_000_000, b"")
    assert [await find_virus(clamd, one) for one in files] == ["Own.Test.UNOFFICIAL", None, None, None]


@pytest.mark.unit
@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK", b"", b"\0"])
async def test_without_a_verdict_nothing_is_said_to_be_clean(answer: bytes) -> None:
    async with saying(answer) as scanner:
        with pytest.raises(ScannerUnavailable):
            await find_virus(scanner, b"words")


@pytest.mark.unit
async def test_where_no_scanner_listens_nothing_is_said_to_be_clean(tmp_path: Path) -> None:
    for scanner in (f"127.0.0.1:{free_port()}", str(tmp_path / "clamd.sock")):
        with pytest.raises(ScannerUnavailable):
            await find_virus(scanner, b"words")
