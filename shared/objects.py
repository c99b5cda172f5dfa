"""The agency's object store: a folder on this machine, or S3. What lies in it is immutable and named once.

<service>/files/<sha256>           files of a service, by content
<service>/parcels/<parcel id>.age  parcels, under the service that wrote them
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

_CHUNK = 1024 * 1024


class StoreUnavailable(ConnectionError):
    """The object store is away, full or refuses us; nothing was half written. Passes by itself or by an operator."""


class ObjectMissing(LookupError):
    """There is no such object (yet)."""


class ObjectTooLarge(ValueError):
    """An object is larger than whoever reads it wants."""


@dataclass(frozen=True)
class Stored:
    """One object of a listing; `size` in bytes, `modified` in real time (UTC)."""

    path: str
    size: int
    modified: datetime


class Objects:
    """An object store. Paths are relative, `/` between their parts; `..` is refused with ValueError.

    Every method raises StoreUnavailable when the store is away or full.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._folder = None if "://" in address else Path(address)
        self._store: ObjectStore | None = None

    @classmethod
    def open(cls, address: str) -> "Objects":
        """The store at `address`: a folder that exists, or `s3://bucket/prefix` (account and endpoint by `AWS_…`).

        Touches nothing yet.
        """
        return cls(address)

    async def put(self, path: str, content: bytes | memoryview) -> bool:
        """Store an object unless it is there; whole and on the disk when this returns. False when it was there.

        A view of a mapped file is not copied into memory.
        """
        async with self._told() as store:
            try:
                await obstore.put_async(store, path, content, mode="create", use_multipart=False)
                new = True
            except AlreadyExistsError:
                new = False
                found = await obstore.head_async(store, path)
                if found["size"] != len(content):
                    # A machine that lost power may have kept the name and lost the content.
                    await obstore.put_async(store, path, content, mode="overwrite", use_multipart=False)
            if self._folder is not None:
                await asyncio.to_thread(_settle, self._folder, path)
        return new

    async def get(self, path: str, *, most: int | None = None) -> bytes:
        """An object's content. Raises ObjectMissing, or ObjectTooLarge when it has more than `most` bytes."""
        async with self._told(path) as store:
            found = await obstore.get_async(store, path)
            _check_size(path, found.meta["size"], most)
            return bytes(await found.bytes_async())

    async def fetch(self, path: str, target: Path, *, most: int | None = None) -> int:
        """Copy an object into a file piece by piece; returns its size in bytes.

        Raises ObjectMissing or ObjectTooLarge; a full disk here is StoreUnavailable too, and leaves no file.
        """
        async with self._told(path) as store:
            found = await obstore.get_async(store, path)
            _check_size(path, found.meta["size"], most)
            try:
                with target.open("wb") as file:
                    async for piece in found.stream(min_chunk_size=_CHUNK):
                        await asyncio.to_thread(file.write, piece)
            except BaseException:
                _discard(target)
                raise
            return found.meta["size"]

    async def stream(self, path: str) -> tuple[int, AsyncIterator[bytes]]:
        """An object's size in bytes, and its content piece by piece. Raises ObjectMissing."""
        async with self._told(path) as store:
            found = await obstore.get_async(store, path)

        async def pieces() -> AsyncIterator[bytes]:
            async with self._told(path):
                async for piece in found.stream(min_chunk_size=_CHUNK):
                    yield bytes(piece)

        return found.meta["size"], pieces()

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""
        async with self._told() as store:
            try:
                await obstore.delete_async(store, path)
            except FileNotFoundError:
                return

    async def exists(self, path: str) -> bool:
        """Whether an object is there."""
        async with self._told() as store:
            try:
                await obstore.head_async(store, path)
            except FileNotFoundError:
                return False
        return True

    async def list(self, prefix: str) -> list[Stored]:
        """The objects below a prefix (whole parts of a path), by path."""
        async with self._told() as store:
            found = [
                Stored(one["path"], one["size"], one["last_modified"])
                async for chunk in obstore.list(store, prefix)
                for one in chunk
            ]
        return sorted(found, key=lambda one: one.path)

    async def tidy(self, before: datetime) -> int:
        """Remove what a killed process left half written before that instant; returns how much it was."""
        if self._folder is None:
            return 0  # S3 never shows them
        async with self._told():
            return await asyncio.to_thread(_tidy, self._folder, before)

    @asynccontextmanager
    async def _told(self, path: str | None = None) -> AsyncIterator[ObjectStore]:
        """The store; its errors in our words. `path`: a missing object is ObjectMissing."""
        try:
            yield self._ready()
        except StoreUnavailable:
            raise
        except FileNotFoundError as error:
            if path is not None:
                raise ObjectMissing(path) from None
            raise StoreUnavailable(_first_line(error)) from None
        except (BaseError, OSError) as error:
            raise StoreUnavailable(_first_line(error)) from None

    def _ready(self) -> ObjectStore:
        # A store that is not mounted must not come to life as an empty folder.
        if self._folder is not None and not self._folder.is_dir():
            raise StoreUnavailable("the object store's folder is not there")
        if self._store is None:
            self._store = self._open()
        return self._store

    def _open(self) -> ObjectStore:
        if self._folder is not None:
            return LocalStore(self._folder)
        return from_url(
            self.address,
            client_options={"timeout": "60 seconds", "connect_timeout": "5 seconds"},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
        )


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300]


def _check_size(path: str, size: int, most: int | None) -> None:
    if most is not None and size > most:
        raise ObjectTooLarge(f"{path} has {size} bytes, at most {most} were expected")


def _discard(file: Path) -> None:
    file.unlink(missing_ok=True)


def _settle(folder: Path, path: str) -> None:
    """Have a file and its name on the disk, not only in memory: an event may name it from now on."""
    file = folder / path
    for one in (file, file.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(folder: Path, before: datetime) -> int:
    """The local store writes to `<name>#<number>` first and renames."""
    removed = 0
    for half in folder.rglob("*#*"):
        if half.name.rpartition("#")[2].isdigit() and half.stat().st_mtime < before.timestamp():
            half.unlink(missing_ok=True)
            removed += 1
    return removed
