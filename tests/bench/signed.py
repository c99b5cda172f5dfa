"""Intake of another agency's signed events, against bare verification and the same SQL, one after the other."""

import base64
import time
from dataclasses import replace

from shared.clock import FixedClock
from shared.database import Database
from shared.gate import Gate
from shared.inbox.arrivals import Arrival, checked, receive
from shared.inbox.batch import Hearing, take
from shared.inbox.worker import MAX_RECORDS
from shared.signatures import SIGNATURE, signed_bytes
from tests.bench import measure
from tests.support import toy
from tests.support.databases import Databases
from tests.support.signing import FEDERATION, federation, private_key, sign_as
from tests.support.wire import Record, make

EVENTS = 4_000
STREAMS = 200
KEY = "hcm/nomination/1"
READER = "tan-binh"


def signed_records() -> list[Record]:
    """Events of a city to its district, each signed, in the order of their streams."""
    sign, found = sign_as(KEY), []
    topic = f"hcm.nomination.to-{READER}"
    for number in range(EVENTS):
        record = make(toy.counted(f"stream-{number % STREAMS}", number), 1 + number // STREAMS, agency="hcm")
        plain = [(name, value.decode()) for name, value in record.headers]
        plain = [(name, "2024-10-15T02:00:00Z" if name == "ce_time" else value) for name, value in plain]
        more = sign(topic, (record.key or b"").decode(), plain, record.value or b"")
        headers = [(name, value.encode()) for name, value in [*plain, *more]]
        found.append(replace(record, topic=topic, headers=headers))
    return found


async def ratio(databases: Databases, rounds: int) -> measure.Row:
    """How near intake through the gate comes to the floor."""
    records, known = signed_records(), federation(KEY)
    open_to_all = replace(toy.hearing(READER), others=checked)
    guarded = replace(toy.hearing(READER), others=Gate(lambda: known, READER, FixedClock()))
    public = private_key(KEY).public_key()

    async def intake(database: Database, hearing: Hearing) -> None:
        for start in range(0, EVENTS, MAX_RECORDS):
            batch = records[start : start + MAX_RECORDS]
            items = [receive(record, hearing.gate) for record in batch]
            assert all(isinstance(item, Arrival) for item in items)
            await take(database, hearing, items, {(batch[0].topic, 0): start + len(batch)})

    async def through_the_gate() -> float:
        database = await databases.core(toy.METADATA, agency=READER, service="review")
        begun = time.perf_counter()
        await intake(database, guarded)
        spent = time.perf_counter() - begun
        await database.close()
        return spent

    async def bare() -> float:
        database = await databases.core(toy.METADATA, agency=READER, service="review")
        ready = [(dict(record.headers), record) for record in records]
        told = [(base64.b64decode(headers[SIGNATURE]), _bytes(headers, record)) for headers, record in ready]
        begun = time.perf_counter()
        for signature, text in told:
            public.verify(signature, text)
        await intake(database, open_to_all)
        spent = time.perf_counter() - begun
        await database.close()
        return spent

    return measure.Row("signed intake / verify + same SQL", await measure.rates(rounds, through_the_gate, bare), 0.80)


def _bytes(headers: dict[str, bytes], record: Record) -> bytes:
    return signed_bytes(FEDERATION, record.topic, record.key or b"", headers, record.value or b"")
