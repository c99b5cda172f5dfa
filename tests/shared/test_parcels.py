"""Parcels: packed, sealed, opened from a stranger, awaited, taken once."""

import asyncio
import hashlib
import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pyrage import x25519
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, inbox, jobs, outbox, parcels
from shared.asyncapi import example
from shared.audit import Actor
from shared.database import Database, new_metadata
from shared.events import NominationSubmitted, Sealed
from shared.federation import Federation
from shared.jobs import Jobs, JobState
from shared.objects import Objects
from shared.parcels import BadParcel, FileEntry, Manifest, Opened, ParcelReader, ParcelState, packing
from shared.parcels.packing import open_parcel, pack, seal
from tests.support.databases import Databases
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


def sealed(packed: bytes, identity: x25519.Identity = IDENTITY) -> tuple[bytes, Sealed]:
    ciphertext = seal(packed, str(identity.to_public()))
    return ciphertext, vouched(ciphertext)


def vouched(ciphertext: bytes) -> Sealed:
    sha256 = hashlib.sha256(ciphertext).hexdigest()
    return Sealed(parcel_id=uuid4(), sha256=sha256, size=len(ciphertext), recipient="tan-binh/review/1")


def zipped(entries: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data, compression)
    return content.getvalue()


def manifest(**changes: Any) -> bytes:
    return orjson.dumps(MANIFEST.model_dump(by_alias=True) | {"files": []} | changes)


@pytest.mark.unit
def test_what_was_packed_and_sealed_opens_as_it_was() -> None:
    ciphertext, expected = sealed(pack(MANIFEST, FILES))
    assert open_parcel(ciphertext, [x25519.Identity.generate(), IDENTITY], expected) == Opened(MANIFEST, FILES)
    assert "Ánh".encode() not in ciphertext


@pytest.mark.unit
def test_the_manifest_says_its_form_and_takes_ids_as_they_are() -> None:
    one = UUID("01920000-0000-7000-8000-000000000001")
    made = Manifest.model_validate({"ids": {"case_id": one}})
    assert orjson.loads(made.model_dump_json(by_alias=True)) == {
        "schema": "guongsang-parcel-1",
        "ids": {"case_id": str(one)},
        "rule_set": None,
        "fields": {},
        "files": [],
    }


@pytest.mark.unit
@pytest.mark.parametrize(
    ("made", "files"),
    [
        (MANIFEST, by_hash(PAPER)),
        (MANIFEST, FILES | by_hash(b"more")),
        (Manifest(ids={}, files=(entry("a.exe", b"MZ"),)), by_hash(b"MZ")),
        (Manifest(ids={}, files=(entry("a/b.pdf", PAPER),)), by_hash(PAPER)),
        (Manifest(ids={}, fields={"a": "x\0"}), {}),
    ],
)
def test_what_nobody_would_take_is_not_packed(made: Manifest, files: Mapping[str, bytes]) -> None:
    with pytest.raises(ValueError, match="parcel"):
        pack(made, files)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("files/" + "0" * 64)
    info.external_attr = 0o120777 << 16
    return info


def declared(content: bytes, **changes: Any) -> bytes:
    return manifest(files=[entry("a.pdf", content).model_dump() | changes])


def at(content: bytes) -> str:
    return "files/" + hashlib.sha256(content).hexdigest()


MANY = [(f"files/{n:064x}", b"") for n in range(packing.MOST_FILES + 1)]
BOMB = PAPER + bytes(2_000_000)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "its archive does not end as one of ours"),
        (b"not an archive, but long enough", "its archive does not end as one of ours"),
        (zipped([("manifest.json", manifest())]) + b"tail", "its archive does not end as one of ours"),
        (b"head" + zipped([("manifest.json", manifest())]), "its archive does not end as one of ours"),
        (zipped([("manifest.json", manifest()), *MANY]), f"it has {packing.MOST_FILES + 2} entries"),
        (zipped([]), "it has 0 entries"),
        (zipped([("a", b"")]), "an entry has a path"),
        (zipped([("manifest.json", manifest()), ("../a", b"")]), "an entry has a path"),
        (zipped([("manifest.json", manifest()), ("files/a/", b"")]), "an entry is no plain file"),
        (zipped([("manifest.json", manifest()), (link(), b"/etc/passwd")]), "an entry is no plain file"),
        (zipped([("files/a", b"")]), "it has no manifest"),
        (zipped([("manifest.json", b"{}")]), "its manifest cannot be read"),
        (zipped([("manifest.json", b"[" * 100_000)]), "its manifest cannot be read"),
        (zipped([("manifest.json", manifest(schema="guongsang-parcel-2"))]), "its manifest cannot be read"),
        (
            zipped([("manifest.json", manifest(fields={"a": ["x\0"]}))]),
            "its manifest holds characters that no database takes",
        ),
        (zipped([("manifest.json", bytes(9_000_000))]), "an entry is larger than declared"),
        (zipped([("manifest.json", manifest()), (at(PAPER), PAPER)]), "manifest and entries name different files"),
        (zipped([("manifest.json", declared(PAPER))]), "manifest and entries name different files"),
        (
            zipped([("manifest.json", declared(PAPER)), (at(PAPER), PAPER.replace(b"1.7", b"1.6"))]),
            "a file is not what the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, size=9)), (at(PAPER), PAPER)]),
            "an entry is larger than declared",
        ),
        (
            zipped([("manifest.json", declared(PAPER, size=999)), (at(PAPER), PAPER)]),
            "a file is not what the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, type="image/png")), (at(PAPER), PAPER)]),
            "a file is not of the type that the manifest says",
        ),
        (
            zipped([("manifest.json", declared(b"MZ")), (at(b"MZ"), b"MZ")]),
            "a file is not of the type that the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, name="../a.pdf")), (at(PAPER), PAPER)]),
            "a file's name is not one that we give",
        ),
        (
            zipped([("manifest.json", declared(BOMB)), (at(BOMB), BOMB)], zipfile.ZIP_DEFLATED),
            "an entry is compressed more than files are",
        ),
    ],
)
def test_a_stranger_s_archive_is_refused_with_a_reason(packed: bytes, reason: str) -> None:
    with pytest.raises(BadParcel) as refused:
        open_parcel(*_with_identities(*sealed(packed)))
    assert str(refused.value) == reason


def _with_identities(ciphertext: bytes, expected: Sealed) -> tuple[bytes, list[x25519.Identity], Sealed]:
    return ciphertext, [IDENTITY], expected


@pytest.mark.unit
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(BadParcel, match="two entries"):
        open_parcel(*_with_identities(*sealed(zipped([("manifest.json", manifest())] * 2))))


@pytest.mark.unit
def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    packed = bytearray(zipped([("manifest.json", declared(BOMB)), (at(BOMB), BOMB)], zipfile.ZIP_DEFLATED))
    place = packed.rindex(b"PK\1\2")
    packed[place + 24 : place + 28] = (100).to_bytes(4, "little")  # the uncompressed size of the last entry
    with pytest.raises(BadParcel):
        open_parcel(*_with_identities(*sealed(bytes(packed))))


@pytest.mark.unit
def test_any_flipped_byte_is_seen() -> None:
    packed = pack(MANIFEST, FILES)
    for place in range(0, len(packed), 7):
        broken = bytearray(packed)
        broken[place] ^= 1
        try:
            opened = open_parcel(*_with_identities(*sealed(bytes(broken))))
        except BadParcel:
            continue
        # Dates and the like mean nothing; what was said must not have changed unseen.
        assert opened == Opened(MANIFEST, FILES)


@pytest.mark.unit
def test_only_the_file_that_the_event_vouched_for_is_opened() -> None:
    ciphertext, expected = sealed(pack(MANIFEST, FILES))
    flipped = bytearray(ciphertext)
    flipped[-1] ^= 1
    reasons = []
    for content, event, identity in [
        (ciphertext + b"x", expected, IDENTITY),
        (bytes(flipped), expected, IDENTITY),
        (bytes(expected.size), expected, IDENTITY),
        (ciphertext, expected, x25519.Identity.generate()),
        (bytes(flipped), vouched(bytes(flipped)), IDENTITY),
        (b"no age file", vouched(b"no age file"), IDENTITY),
        (b"", expected.model_copy(update={"size": 10**12}), IDENTITY),
    ]:
        with pytest.raises(BadParcel) as refused:
            open_parcel(content, [identity], event)
        reasons.append(str(refused.value))
    undecipherable = "it cannot be decrypted here; it was sealed to tan-binh/review/1"
    assert reasons == [
        f"it has {expected.size + 1} bytes, the event says {expected.size}",
        "it is not the file whose hash the event says",
        "it is not the file whose hash the event says",
        undecipherable,
        undecipherable,
        undecipherable,
        "the event says 1000000000000 bytes",
    ]


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


@pytest.fixture
async def house(databases: Databases, tmp_path: Path) -> House:
    # It speaks as nomination, which owns the toy event; it reads as whatever service its database is.
    return House(await databases.core(METADATA, agency="tan-binh"), tmp_path)


KEPT = {f"nomination/files/{sha256}" for sha256 in FILES}


@pytest.mark.db
async def test_a_parcel_arrives_once_with_its_files(house: House) -> None:
    parcel = await house.send()
    assert house.files() == {f"nomination/parcels/{parcel.parcel_id}.age"}
    assert [await house.expect(parcel), await house.expect(parcel)] == [True, False]
    async with house.working():
        assert await house.until(ParcelState.TAKEN) == (parcel.parcel_id, None)
        assert not await house.expect(parcel)
        await house.until_job(lambda row: row.state is JobState.DONE)
    await house.reader.read({"parcel_id": str(parcel.parcel_id)})
    about = {"case_id": str(UUID(int=7)), "revision": 1}
    assert house.taken == [(about, Opened(MANIFEST, FILES))]
    assert (await house.audited(), await house.said()) == (["parcel.taken"], 1)
    assert house.files() == KEPT | {f"nomination/parcels/{parcel.parcel_id}.age"}


@pytest.mark.db
async def test_two_workers_at_one_parcel_take_it_once(house: House) -> None:
    parcel = await house.send()
    await house.expect(parcel)
    await asyncio.gather(*(house.reader.read({"parcel_id": str(parcel.parcel_id)}) for _ in range(4)))
    assert (len(house.taken), await house.audited(), await house.said()) == (1, ["parcel.taken"], 1)


@pytest.mark.db
async def test_a_parcel_that_comes_late_is_waited_for(house: House) -> None:
    parcel = await house.send()
    path = f"nomination/parcels/{parcel.parcel_id}.age"
    content = await house.objects.get(path)
    await house.objects.delete(path)
    await house.expect(parcel)
    async with house.working():
        await house.until_job(lambda row: row.failures > 0)
        await house.objects.put(path, content)
        assert await house.until(ParcelState.TAKEN) == (parcel.parcel_id, None)


@pytest.mark.db
async def test_a_parcel_that_never_comes_fails_and_an_operator_tries_again(house: House) -> None:
    parcel = await house.send()
    path = f"nomination/parcels/{parcel.parcel_id}.age"
    content = await house.objects.get(path)
    await house.objects.delete(path)
    await house.expect(parcel)
    async with house.working():
        assert await house.until(ParcelState.FAILED) == (parcel.parcel_id, f"ObjectMissing: {path}")
        await house.objects.put(path, content)
        await house.again(parcel)
        await house.until(ParcelState.TAKEN)
    async with house.database.transaction() as session:
        assert not await parcels.again(session, parcel.parcel_id, by=Actor("issuer|operator", "operator"))
    assert await house.audited() == ["parcel.failed", "parcel.tried_again", "parcel.taken"]


@pytest.mark.db
async def test_a_bad_parcel_fails_at_once_and_nothing_of_it_stays(house: House) -> None:
    parcel = await house.send()
    path = house.folder / f"objects/nomination/parcels/{parcel.parcel_id}.age"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    await house.expect(parcel)
    async with house.working():
        told = await house.until(ParcelState.FAILED)
        row = await house.until_job(lambda row: row.state is JobState.FAILED)
    assert told == (parcel.parcel_id, "it is not the file whose hash the event says")
    assert (row.failures, house.taken, house.files() & KEPT) == (0, [], set())


@pytest.mark.db
async def test_what_a_receiver_refuses_fails_for_good_and_nothing_it_did_stays(house: House) -> None:
    house.refusal = ValueError("the case is closed [Nguyễn Thị Ánh]")
    parcel = await house.send()
    await house.expect(parcel)
    async with house.working():
        assert await house.until(ParcelState.FAILED) == (parcel.parcel_id, "ValueError: the case is closed")
    assert (await house.audited(), await house.said()) == (["parcel.failed"], 0)


@pytest.mark.db
async def test_what_passes_at_a_receiver_is_tried_again(house: House) -> None:
    house.refusal = ConnectionError("for a moment")
    parcel = await house.send()
    await house.expect(parcel)
    async with house.working():
        await house.until_job(lambda row: row.failures > 0)
        house.refusal = None
        await house.until(ParcelState.TAKEN)
    assert (await house.audited(), await house.said(), len(house.taken)) == (["parcel.taken"], 1, 1)


@pytest.mark.db
async def test_a_purpose_that_nobody_takes_fails(house: House) -> None:
    parcel = await house.send()
    await house.expect(parcel, "story")
    async with house.working():
        told = await house.until(ParcelState.FAILED)
    assert told == (parcel.parcel_id, "nobody here takes parcels of the purpose story")


@pytest.mark.db
async def test_parcels_that_no_event_names_are_swept_after_a_day(house: House) -> None:
    parcel = await house.send()
    async with house.database.transaction() as session:
        outbox.record(session, example(NominationSubmitted).model_copy(update={"dossier": parcel}))
    named, unnamed, fresh = [parcel.parcel_id, *[(await house.send()).parcel_id for _ in range(2)]]
    folder = house.folder / "objects/nomination/parcels"
    (folder / "half.age#1").write_bytes(b"half")
    now = datetime.now(UTC)
    for name in (f"{named}.age", f"{unnamed}.age", "half.age#1"):
        os.utime(folder / name, times=(now.timestamp() - 100_000,) * 2)
    assert await parcels.sweep(house.database, house.objects, now) == [unnamed]
    assert house.files() == {f"nomination/parcels/{one}.age" for one in (named, fresh)}


@pytest.mark.db
async def test_a_large_parcel_is_taken_whole(house: House) -> None:
    content = PAPER + os.urandom(40_000_000)
    made = Manifest(ids={}, files=(entry("lớn.pdf", content),))
    sent = (house.objects, house.federation, "tan-binh", "nomination", "review", made, by_hash(content), ON)
    parcel = await parcels.store(*sent)
    await house.expect(parcel)
    await house.reader.read({"parcel_id": str(parcel.parcel_id)})
    assert [opened.manifest for _, opened in house.taken] == [made]
