"""Parcels: sent, awaited, taken once."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from shared import outbox, parcels
from shared.asyncapi import example
from shared.audit import Actor
from shared.events import NominationSubmitted
from shared.jobs import JobState
from shared.parcels import Manifest, Opened, ParcelState
from tests.shared.parcelling import (
    FILES,
    KEPT,
    MANIFEST,
    METADATA,
    ON,
    PAPER,
    House,
    by_hash,
    entry,
)
from tests.support.databases import Databases


@pytest.fixture
async def house(databases: Databases, tmp_path: Path) -> House:
    # It speaks as nomination, which owns the toy event; it reads as whatever service its database is.
    return House(await databases.core(METADATA, agency="tan-binh"), tmp_path)


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
