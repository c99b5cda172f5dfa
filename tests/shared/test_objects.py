"""The object store on a folder; a disk that is really full."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.objects import ObjectMissing, Objects, ObjectTooLarge, StoreUnavailable

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "objects"
    made.mkdir()
    return made


@pytest.fixture
def objects(folder: Path) -> Objects:
    return Objects.open(str(folder))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    made = tmp_path / "small"
    made.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("mounting a small disk needs root")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", made], check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    yield made
    subprocess.run(["umount", "--lazy", made], check=True)


def files(folder: Path) -> dict[str, int]:
    return {str(one.relative_to(folder)): one.stat().st_size for one in folder.rglob("*") if one.is_file()}


async def test_an_object_is_stored_once_and_read_back(objects: Objects, folder: Path, tmp_path: Path) -> None:
    assert await objects.put("review/files/a", b"content")
    assert not await objects.put("review/files/a", b"another")
    assert await objects.get("review/files/a") == b"content"
    assert await objects.fetch("review/files/a", tmp_path / "copy") == 7
    assert (tmp_path / "copy").read_bytes() == b"content"
    assert (await objects.exists("review/files/a"), await objects.exists("review/files/b")) == (True, False)
    assert files(folder) == {"review/files/a": 7}


async def test_an_object_that_lost_its_content_is_written_again(objects: Objects, folder: Path) -> None:
    (folder / "torn").write_bytes(b"")
    assert not await objects.put("torn", b"content")
    assert await objects.get("torn") == b"content"


async def test_many_who_store_the_same_object_store_one(objects: Objects, folder: Path) -> None:
    written = await asyncio.gather(*(objects.put("review/files/a", b"x" * 100_000) for _ in range(20)))
    assert (sum(written), files(folder)) == (1, {"review/files/a": 100_000})


async def test_what_is_missing_or_too_large_is_told_apart(objects: Objects, tmp_path: Path) -> None:
    await objects.put("a", b"12345")
    with pytest.raises(ObjectMissing):
        await objects.get("b")
    with pytest.raises(ObjectMissing):
        await objects.fetch("b", tmp_path / "copy")
    with pytest.raises(ObjectTooLarge):
        await objects.get("a", most=4)
    with pytest.raises(ObjectTooLarge):
        await objects.fetch("a", tmp_path / "copy", most=4)
    with pytest.raises(ValueError, match=r"\.\."):
        await objects.put("../a", b"")
    assert not (tmp_path / "copy").exists()


async def test_a_listing_names_what_lies_below_a_prefix(objects: Objects) -> None:
    for path in ("review/parcels/b", "review/parcels/a", "review/parcels-old/c", "nomination/parcels/d"):
        await objects.put(path, path.encode())
    found = await objects.list("review/parcels")
    assert [(one.path, one.size) for one in found] == [("review/parcels/a", 16), ("review/parcels/b", 16)]
    assert all(timedelta(-1) < datetime.now(UTC) - one.modified < timedelta(1) for one in found)
    await objects.delete("review/parcels/a")
    await objects.delete("review/parcels/a")
    assert [one.path for one in await objects.list("review/parcels")] == ["review/parcels/b"]


async def test_what_a_killed_process_left_half_written_is_tidied(objects: Objects, folder: Path) -> None:
    await objects.put("review/files/a", b"content")
    (folder / "review/files/b#1").write_bytes(b"half")
    assert [one.path for one in await objects.list("review")] == ["review/files/a"]
    assert await objects.tidy(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await objects.tidy(datetime.now(UTC) + timedelta(days=1)) == 1
    assert files(folder) == {"review/files/a": 7}


async def test_a_full_disk_leaves_nothing_half_written(small_disk: Path, tmp_path: Path) -> None:
    objects = Objects.open(str(small_disk))
    await objects.put("review/files/a", b"x" * 1_000_000)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="No space left"):
            await objects.put("review/files/b", b"x" * 3_000_000)
    assert files(small_disk) == {"review/files/a": 1_000_000}
    await objects.put("review/files/c", b"room again")

    large = Objects.open(str(tmp_path))
    await large.put("large", b"x" * 3_000_000)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await large.fetch("large", small_disk / "copy")
    assert files(small_disk) == {"review/files/a": 1_000_000, "review/files/c": 10}


async def test_a_store_that_is_not_there_is_unavailable_until_it_is(objects: Objects, folder: Path) -> None:
    await objects.put("a", b"1")
    folder.rename(folder.with_name("away"))
    for act in (objects.put("b", b""), objects.get("a"), objects.exists("a"), objects.list("x"), objects.delete("a")):
        with pytest.raises(StoreUnavailable):
            await act
    assert not folder.exists()
    folder.with_name("away").rename(folder)
    assert await objects.get("a") == b"1"
