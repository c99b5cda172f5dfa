"""The forged corpus on the whole way, through broker and worker: a speaker's real records, altered.

Each is refused with its signer's name and an alarm, moves no stream, and the honest record that comes after it, at the
same place of the stream, takes effect.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.clock import Clock
from tests.support import toy
from tests.support.apart import NAME, Apart, passed
from tests.support.line import running, until
from tests.support.signing import key_entry, sign_as
from tests.support.wire import Record

pytestmark = pytest.mark.kafka

TODAY = str(Clock().today())
REVOKED, RETIRED = 8, 9
"""Keys of who says that ended today."""


@dataclass(frozen=True)
class Forger:
    """What somebody does who holds the speaker's records, and keys that are not for them."""

    apart: Apart

    def with_headers(self, record: Record, **attributes: str) -> Record:
        """Other attributes under the old signature."""
        told = {f"ce_{name}": value.encode() for name, value in attributes.items()}
        return replace(record, headers=[(name, told.get(name, value)) for name, value in record.headers])

    def signed(self, record: Record, key: str, *, federation: str = NAME, topic: str | None = None) -> Record:
        """The same record, signed by another key, for another federation or topic."""
        plain = [(name, value.decode()) for name, value in record.headers[:-2]]
        sign = sign_as(key, federation)
        added = sign(topic or record.topic, (record.key or b"").decode(), plain, record.value or b"")
        return replace(record, headers=[(name, value.encode()) for name, value in [*plain, *added]])


Alter = Callable[[Forger, Record], Record]
FITS_NOT = "signed by {agency}/nomination/1: the signature does not fit"
SPEAKS_NOT = "which does not speak for {agency}/nomination"
CORPUS: dict[str, tuple[Alter, str]] = {
    "wrong issuer": (
        lambda f, r: f.with_headers(r, source=f"/{f.apart.below}/nomination"),
        "source /{below}/nomination does not own topic {topic}",
    ),
    "wrong service": (
        lambda f, r: f.with_headers(r, source=f"/{f.apart.agency}/review"),
        "source /{agency}/review does not own topic {topic}",
    ),
    "key of another service": (
        lambda f, r: f.signed(r, f"{f.apart.agency}/review/1"),
        "signed by {agency}/review/1, " + SPEAKS_NOT,
    ),
    "key of those below on the word of those above": (
        lambda f, r: f.signed(r, f"{f.apart.below}/nomination/1"),
        "signed by {below}/nomination/1, " + SPEAKS_NOT,
    ),
    "key that nobody knows": (
        lambda f, r: f.signed(r, f.apart.key(7)),
        "signed by '{agency}/nomination/7': the federation file has no such key",
    ),
    "revoked key": (
        lambda f, r: f.signed(r, f.apart.key(REVOKED)),
        f"signed by {{agency}}/nomination/{REVOKED}, which was revoked on {TODAY}",
    ),
    "retired key on a new event": (
        lambda f, r: f.signed(r, f.apart.key(RETIRED)),
        f"signed by {{agency}}/nomination/{RETIRED}, which was not in force on {TODAY}",
    ),
    "edited body": (lambda _, r: replace(r, value=(r.value or b"").replace(b'"number":1', b'"number":2')), FITS_NOT),
    "moved topic": (lambda f, r: f.signed(r, f.apart.key(1), topic=f"{f.apart.agency}.nomination.to-x"), FITS_NOT),
    "changed key": (lambda f, r: replace(f.with_headers(r, subject="another"), key=b"another"), FITS_NOT),
    "changed sequence": (lambda f, r: f.with_headers(r, sequence="2"), FITS_NOT),
    "changed time": (lambda f, r: f.with_headers(r, time="2024-10-15T02:00:00Z"), FITS_NOT),
    "changed id": (lambda f, r: f.with_headers(r, id="01900000-0000-7000-8000-00000000ffff"), FITS_NOT),
    "valid in another federation": (lambda f, r: f.signed(r, f.apart.key(1), federation="vn-2025"), FITS_NOT),
    "unsigned": (lambda _, r: replace(r, headers=r.headers[:-2]), "it is not signed"),
    "no signature of ours": (
        lambda f, r: replace(r, headers=[*r.headers[:-1], ("ce_signature", b"AAAA")]),
        FITS_NOT,
    ),
}


def outcomes(apart: Apart) -> dict[str, int]:
    """What the reader's metric has counted so far, by outcome."""
    found = {}
    for outcome in ("refused", "handled", "duplicate"):
        labels = {"agency": apart.below, "service": "review", "outcome": outcome}
        found[outcome] = int(REGISTRY.get_sample_value("guongsang_inbox_records_total", labels) or 0)
    return found


async def rows(apart: Apart, query: str) -> Sequence[Any]:
    async with apart.heard.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_a_forged_record_is_refused_by_name_and_the_honest_one_takes_its_place(apart: Apart) -> None:
    extra = (f"{apart.agency}/review/1", f"{apart.below}/nomination/1")
    ended = key_entry(apart.key(REVOKED), revoked_at=TODAY) + key_entry(apart.key(RETIRED), retired_at=TODAY)
    apart.publish(*map(key_entry, (apart.key(1), *extra)), ended)
    for case in CORPUS:
        await toy.say(apart.said, passed(case, 1))
    honest = {(record.key or b"").decode(): record for record in await apart.outbox()}
    forger = Forger(apart)
    forged = [alter(forger, honest[case]) for case, (alter, _) in CORPUS.items()]
    names = {"agency": apart.agency, "below": apart.below, "topic": apart.topic}
    expected = sorted((reason.format(**names), forged[n].value) for n, (_, reason) in enumerate(CORPUS.values()))

    with capture_logs() as logged:
        async with running(apart.worker()):
            await apart.put(*forged)

            async def all_judged() -> bool:
                return outcomes(apart)["refused"] == len(CORPUS)

            await until(all_judged, "all are refused")
            assert await rows(apart, "select topic, key, last from inbox_streams") == []
            assert await apart.counted() == {}
            await apart.put(*honest.values(), *honest.values())  # the second time by whoever kept a copy

            async def all_taken() -> bool:
                return outcomes(apart)["duplicate"] == len(CORPUS)

            await until(all_taken, "the honest ones are taken, their copies dropped")
    kinds = await rows(apart, "select kind, topic, reason, body from set_aside")
    assert sorted((reason, body) for _, _, reason, body in kinds) == expected
    assert {(kind, topic) for kind, topic, _, _ in kinds} == {("refused", apart.topic)}
    alarms = [one for one in logged if one["event"] == "inbox.refused"]
    assert {(one["log_level"], one["topic"]) for one in alarms} == {("error", apart.topic)}
    assert sorted(one["reason"] for one in alarms) == [reason for reason, _ in expected]
    assert await apart.counted() == {case: [1] for case in CORPUS}
    assert sorted(await rows(apart, "select key, last from inbox_streams")) == sorted((case, 1) for case in CORPUS)
    assert outcomes(apart) == {name: len(CORPUS) for name in ("refused", "handled", "duplicate")}
