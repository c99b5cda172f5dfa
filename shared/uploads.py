"""A file that somebody sends: judged, scanned, a picture drawn anew, and only then kept, for as long as something is
tied to it.

`files` says which files lie in a service's store since when. The row is written before the content; whoever sends a
file anew while it is swept waits for the row, finds it gone, and writes row and content again.
"""

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from fastapi import UploadFile
from sqlalchemy import Column, DateTime, Exists, MetaData, PrimaryKeyConstraint, Table, Text, delete, func, not_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import column, table

from shared import images
from shared.database import Database
from shared.files import MOST_BYTES, Accepted, FileProblem, FileRefused, accept, path_of
from shared.objects import Objects
from shared.runtime import Runtime
from shared.scanning import ScannerUnavailable, find_virus

_log = structlog.get_logger("uploads")

SWEPT_AFTER = timedelta(days=1)
"""Real time in which a file that was sent is tied to something, or never."""
AT_ONCE = 200
FILES = table("files", *(column(name, kind) for name, kind in (("agency", Text), ("sha256", Text))), column("put_at"))
"""For what a service says of the files that it still needs."""


def add_tables(metadata: MetaData) -> None:
    """Declare `files`: what lies in the store of a service, by content."""
    Table(
        "files",
        metadata,
        Column("agency", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("put_at", DateTime(timezone=True), nullable=False, comment="real time, of the last that sent it"),
        PrimaryKeyConstraint("agency", "sha256"),
    )


async def take_in(runtime: Runtime, upload: UploadFile | None) -> Accepted:
    """Look at an uploaded file and put it into the store of this service, a picture with a small one beside it.

    Raises FileRefused with what its owner can do; StoreUnavailable.
    """
    content = await upload.read(MOST_BYTES + 1) if upload else b""
    accepted = accept(upload.filename or "" if upload else "", content)
    await _scan(runtime, accepted, content)
    small: bytes | None = None
    if accepted.media_type in images.FORMATS:
        try:
            # Others are answered while it is drawn.
            content, small = await asyncio.to_thread(images.redraw, content, accepted.media_type, MOST_BYTES)
        except images.BadImage:
            raise FileRefused(FileProblem.BROKEN) from None
        accepted = replace(accepted, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    await _note(runtime.database, accepted.sha256)
    if small is not None:
        await runtime.objects.put(small_path_of(runtime.service, accepted.sha256), small)
    await runtime.objects.put(path_of(runtime.service, accepted.sha256), content)
    return accepted


async def _note(database: Database, sha256: str) -> None:
    now = func.clock_timestamp()
    row = insert(FILES).values(agency=database.speaker.agency, sha256=sha256, put_at=now)
    async with database.transaction() as session:
        await session.execute(row.on_conflict_do_update(index_elements=["agency", "sha256"], set_={"put_at": now}))


async def sweep(database: Database, objects: Objects, now: datetime, *, needed: Exists) -> int:
    """Delete the files that nothing is tied to, a day after somebody sent them; how many.

    `now`: real time. `needed`: whether a row of `FILES` is one that something is tied to.
    """
    swept = 0
    while True:
        async with database.transaction() as session:
            own = FILES.c.agency == database.speaker.agency
            old = select(FILES.c.sha256).where(own, FILES.c.put_at < now - SWEPT_AFTER, not_(needed))
            found = list(await session.scalars(old.limit(AT_ONCE).with_for_update(skip_locked=True)))
            for sha256 in found:
                for place in (small_path_of, path_of):
                    await objects.delete(place(database.speaker.service, sha256))
            await session.execute(delete(FILES).where(own, FILES.c.sha256.in_(found)))
        swept += len(found)
        if len(found) < AT_ONCE:
            if swept:
                _log.info("uploads.swept", files=swept)
            return swept


async def _scan(runtime: Runtime, accepted: Accepted, content: bytes) -> None:
    """Ask the scanner, if the agency has one. What it finds something in lies apart, for whoever looks after it."""
    scanner = runtime.settings.clamd
    if not scanner:
        return
    try:
        found = await find_virus(scanner, content)
    except ScannerUnavailable as error:
        _log.error("uploads.not_scanned", error=str(error))
        raise FileRefused(FileProblem.NOT_SCANNED) from None
    if found is not None:
        await runtime.objects.put(f"{runtime.service}/quarantine/{accepted.sha256}", content)
        _log.error("uploads.quarantined", sha256=accepted.sha256, found=found, media_type=accepted.media_type)
        raise FileRefused(FileProblem.INFECTED)


def small_path_of(service: str, sha256: str) -> str:
    """Where a service keeps the small picture of a picture (WebP)."""
    return f"{service}/small/{sha256}"
