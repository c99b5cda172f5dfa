"""What tests of parcels share: one that opens, and a house that sends and takes them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pyrage import x25519
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, inbox, jobs, outbox, parcels
from shared.audit import Actor
from shared.database import Database, new_metadata
from shared.events import Sealed
from shared.federation import Federation
from shared.jobs import Jobs
from shared.objects import Objects
from shared.parcels import FileEntry, Manifest, Opened, ParcelReader, ParcelState
from tests.support.toy import counted

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
audit.add_tables(METADATA)
jobs.add_tables(METADATA)
parcels.add_tables(METADATA)

ON = date(2024, 10, 15)
PAPER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PHOTO = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40)
IDENTITY = x25519.Identity.generate()
QUICK = (timedelta(milliseconds=10),) * 3


def entry(name: str, content: bytes, media_type: str = "application/pdf") -> FileEntry:
    return FileEntry(name=name, type=media_type, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def by_hash(*files: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(content).hexdigest(): content for content in files}


MANIFEST = Manifest(
    ids={"nomination_id": "0192"},
    rule_set="vn-2023/1",
    fields={"name": "Nguyễn Thị Ánh", "claims": [{"criterion": "a", "text": "Dạy giỏi cấp thành phố"}]},
    files=(entry("giấy khen.pdf", PAPER), entry("ảnh.png", PHOTO, "image/png"), entry("bản sao.pdf", PAPER)),
)
FILES = by_hash(PAPER, PHOTO)


class House:
    """Nomination and review of one agency: a store between them, review's database and worker."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        (folder / "objects").mkdir()
        (folder / "secrets").mkdir()
        (folder / "secrets/age-identities.txt").write_text(f"# tan-binh/review/1\n\n{IDENTITY}\n")
        self.folder = folder
        self.objects = Objects.open(str(folder / "objects"))
        self.federation = Federation.parse(
            f"""version = 1
            name = "test"
            [[agency]]
            id = "tan-binh"
            name = "Quận Tân Bình"
            short = "Tân Bình"
            mark = "TB"
            tier = "district"
            line = "administrative"
            from = 2000-01-01
            [[recipient]]
            id = "tan-binh/review/1"
            agency = "tan-binh"
            service = "review"
            public = "{IDENTITY.to_public()}"
            from = 2000-01-01
            """.encode()
        )
        self.taken: list[tuple[dict[str, Any], Opened]] = []
        self.refusal: Exception | None = None
        self.reader = ParcelReader(database, self.objects, folder / "secrets", {"dossier": self.take})

    async def take(self, session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
        outbox.record(session, counted("taken", 1))
        if self.refusal is not None:
            raise self.refusal
        self.taken.append((about, opened))

    async def send(self) -> Sealed:
        made = (self.objects, self.federation, "tan-binh", "nomination", "review", MANIFEST, FILES, ON)
        return await parcels.store(*made)

    async def expect(self, parcel: Sealed, purpose: str = "dossier") -> bool:
        async with self.database.transaction() as session:
            about = {"case_id": UUID(int=7), "revision": 1}
            return await parcels.expect(session, parcel, owner="nomination", purpose=purpose, about=about)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        made = Jobs(self.database, poll=timedelta(seconds=0.2))
        self.reader.join(made, pauses=QUICK)
        self.database.on_jobs[:] = [made.bell.ring]
        task = asyncio.create_task(made.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await made.bell.close()

    async def until(self, state: ParcelState) -> tuple[UUID, str | None]:
        """Wait for the one parcel to reach a state; its id and why it failed."""
        async with asyncio.timeout(30):
            while True:
                async with self.database.reading() as session:
                    found = await parcels.listed(session, "tan-binh", state)
                if found:
                    return found[0].sealed.parcel_id, found[0].reason
                await asyncio.sleep(0.02)

    async def until_job(self, met: Callable[[jobs.JobRow], bool]) -> jobs.JobRow:
        async with asyncio.timeout(30):
            while True:
                async with self.database.reading() as session:
                    (row,) = await jobs.listed(session)
                if met(row):
                    return row
                await asyncio.sleep(0.02)

    async def again(self, parcel: Sealed) -> None:
        async with asyncio.timeout(30):
            while True:
                async with self.database.transaction() as session:
                    if await parcels.again(session, parcel.parcel_id, by=Actor("issuer|operator", "operator")):
                        return
                await asyncio.sleep(0.02)  # the queue hears of a job's end a moment later

    async def audited(self) -> list[str]:
        async with self.database.reading() as session:
            return list((await session.execute(text("select verb from audit order by id"))).scalars())

    async def said(self) -> int:
        async with self.database.reading() as session:
            return int((await session.execute(text("select count(*) from outbox"))).scalar_one())

    def files(self) -> set[str]:
        folder = self.folder / "objects"
        return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


KEPT = {f"nomination/files/{sha256}" for sha256 in FILES}
