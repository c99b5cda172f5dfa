"""Which doors of other agencies are open: a test per rule, and forged events of every kind."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.clock import FixedClock
from shared.envelope import Envelope, to_headers
from shared.events import Event, PlanAcknowledged, PlanWithdrawn
from shared.federation import Federation
from shared.gate import Gate
from shared.inbox.arrivals import Arrival, Raw, judge
from shared.outbox.recording import Speaker, signed
from shared.tracing import Trace
from tests.support.signing import FEDERATION, federation, key_entry, sign_as

pytestmark = pytest.mark.unit

NOW = datetime(2024, 10, 15, 2, tzinfo=UTC)
PLAN = UUID(int=5)
KEYS = ("hcm/nomination/1", "hcm/review/1", "tan-binh/nomination/1", "moet/nomination/1", "hai-phong/nomination/1")
WITHDRAWN = PlanWithdrawn(plan_id=PLAN, version=2, occurred_at=NOW)


def acknowledged(to_agency: str) -> PlanAcknowledged:
    return PlanAcknowledged(to_agency=to_agency, plan_id=PLAN, version=1, occurred_at=NOW)


def say(
    event: Event,
    door: str,
    *,
    agency: str = "hcm",
    service: str = "nomination",
    key: str | None = None,
    at: datetime = NOW,
    name: str = FEDERATION,
) -> Raw:
    """A record as its service would have said it, signed with `key`."""
    topic = f"{agency}.{service}.{door}"
    around = Envelope(UUID(int=9), event.type_name(), f"/{agency}/{service}", event.key, at, 1, Trace("c", "t"))
    body = event.model_dump_json().encode()
    who = Speaker(agency, service, FixedClock(), sign_as(key or f"{agency}/{service}/1", name))
    headers = signed(who, topic, event.key, to_headers(around, body), body)
    return Raw(topic, 0, 0, event.key.encode(), [(n, v.encode()) for n, v in headers], body)


def answer(raw: Raw, reader: str = "tan-binh", by: Federation | None = None, on: datetime = NOW) -> str | None:
    """Why the reader's gate refuses a record; none when it comes in."""
    chosen = by or federation(*KEYS)
    read = judge(raw, Gate(lambda: chosen, reader, FixedClock(at=on)))
    return None if isinstance(read, Arrival) else read.reason


def test_children_hear_their_parent_and_nobody_else_does() -> None:
    said = say(WITHDRAWN, "children")
    assert answer(said) is None
    assert answer(said, "hai-phong") == "hcm does not stand above hai-phong today"
    assert answer(said, "moet") == "hcm does not stand above moet today"


def test_a_neighbour_reads_just_its_own_door() -> None:
    assert answer(say(acknowledged("moet"), "to-moet"), "moet") is None
    assert answer(say(acknowledged("moet"), "to-moet")) == "the door to-moet of hcm is not for tan-binh"


def test_who_is_no_neighbour_is_not_heard_on_a_door_of_ones_own() -> None:
    said = say(acknowledged("tan-binh"), "to-tan-binh", agency="hai-phong")
    assert answer(said) == "hai-phong was no neighbour of tan-binh on 2024-10-15"


ENDED = datetime(2025, 7, 2, 2, tzinfo=UTC)


def test_an_edge_that_ended_opens_nothing_said_since() -> None:
    late = say(acknowledged("tan-binh"), "to-tan-binh", at=ENDED)
    early = say(acknowledged("tan-binh"), "to-tan-binh")
    assert answer(late, on=ENDED) == "hcm was no neighbour of tan-binh on 2025-07-02"
    assert answer(early, on=ENDED) is None  # it was said in time and only arrived late
    assert answer(say(WITHDRAWN, "children"), on=ENDED) == "hcm does not stand above tan-binh today"


def test_an_internal_door_of_another_agency_is_closed_whoever_signed() -> None:
    raw = replace(say(WITHDRAWN, "children"), topic="hcm.nomination.internal")
    assert answer(raw) == "the door internal of hcm is not for tan-binh"


def test_an_event_is_taken_on_its_own_doors_only() -> None:
    said = say(acknowledged("tan-binh"), "children")
    assert answer(said) == "vn.guongsang.nomination.PlanAcknowledged.v1 is not said on the door children"


def test_an_event_of_a_later_build_comes_in_when_its_signature_holds() -> None:
    class Later(PlanWithdrawn):
        """Not in the catalogue."""

        @classmethod
        def type_name(cls) -> str:
            return "vn.guongsang.nomination.Later.v1"

    later = Later(plan_id=PLAN, version=2, occurred_at=NOW)
    assert answer(say(later, "children")) is None
    assert answer(say(later, "children", key="moet/nomination/1")) is not None


def changed(raw: Raw, **headers: str) -> Raw:
    names = {f"ce_{name}": value for name, value in headers.items()}
    return replace(raw, headers=[(n, names[n].encode() if n in names else v) for n, v in raw.headers])


HONEST = say(WITHDRAWN, "children")
DOES_NOT_FIT = "signed by hcm/nomination/1: the signature does not fit"
FORGED: dict[str, tuple[Raw, str]] = {
    "not signed": (replace(HONEST, headers=HONEST.headers[:-2]), "it is not signed"),
    "wrong issuer": (
        say(WITHDRAWN, "children", key="moet/nomination/1"),
        "signed by moet/nomination/1, which does not speak for hcm/nomination",
    ),
    "a district's key on a city's word": (
        say(WITHDRAWN, "children", key="tan-binh/nomination/1"),
        "signed by tan-binh/nomination/1, which does not speak for hcm/nomination",
    ),
    "wrong service's key": (
        say(WITHDRAWN, "children", key="hcm/review/1"),
        "signed by hcm/review/1, which does not speak for hcm/nomination",
    ),
    "unknown key": (
        say(WITHDRAWN, "children", key="hcm/nomination/7"),
        "signed by 'hcm/nomination/7': the federation file has no such key",
    ),
    "edited body": (replace(HONEST, body=(HONEST.body or b"").replace(b'"version":2', b'"version":3')), DOES_NOT_FIT),
    "changed sequence": (changed(HONEST, sequence="2"), DOES_NOT_FIT),
    "changed time": (changed(HONEST, time="2024-10-14T02:00:00Z"), DOES_NOT_FIT),
    "changed id": (changed(HONEST, id=str(UUID(int=8))), DOES_NOT_FIT),
    "changed key": (
        replace(changed(HONEST, subject=str(UUID(int=6))), key=str(UUID(int=6)).encode()),
        DOES_NOT_FIT,
    ),
    "another federation": (say(WITHDRAWN, "children", name="vn-2025"), DOES_NOT_FIT),
    "source of another": (
        changed(HONEST, source="/moet/nomination"),
        "source /moet/nomination does not own topic hcm.nomination.children",
    ),
    "header twice": (
        replace(HONEST, headers=[*HONEST.headers, HONEST.headers[-1]]),
        "header ce_signature stands twice",
    ),
}


def test_the_honest_one_comes_in() -> None:
    assert answer(HONEST) is None


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_event_is_refused_with_its_signers_name(how: str) -> None:
    raw, reason = FORGED[how]
    assert answer(raw) == reason


def test_a_moved_event_is_refused() -> None:
    """The ministry's word to the city is not the city's word to the district."""
    raw = say(acknowledged("hcm"), "to-hcm", agency="tan-binh")
    assert answer(raw, "hcm") is None
    moved = replace(raw, topic="tan-binh.nomination.to-moet")
    with_edge = federation(
        *KEYS,
        more='\n[[edge]]\nchild = "tan-binh"\nparent = "moet"\nline = "union"\nfrom = 2024-01-01\nuntil = 2025-07-01\n',
    )
    assert answer(moved, "moet", with_edge) == "signed by tan-binh/nomination/1: the signature does not fit"


@pytest.mark.parametrize(
    ("dates", "arrives", "reason"),
    [
        ({"retired_at": "2024-10-16"}, ENDED, None),
        ({"retired_at": "2024-10-15"}, NOW, "signed by hcm/nomination/1, which was not in force on 2024-10-15"),
        ({"revoked_at": "2025-01-01"}, NOW, None),
        ({"revoked_at": "2025-01-01"}, ENDED, "signed by hcm/nomination/1, which was revoked on 2025-01-01"),
        ({"since": "2024-10-16"}, NOW, "signed by hcm/nomination/1, which was not in force on 2024-10-15"),
    ],
)
def test_keys_end(dates: dict[str, Any], arrives: datetime, reason: str | None) -> None:
    edge = '\n[[edge]]\nchild = "hai-phong"\nparent = "hcm"\nline = "union"\nfrom = 2024-01-01\n'
    known = federation(more=key_entry("hcm/nomination/1", **dates) + edge)
    assert answer(HONEST, "hai-phong", known, on=arrives) == reason


def test_rotation_with_overlap_loses_nothing() -> None:
    """A new key signs from its first day; the old one still vouches for what it signed until it was retired."""
    both = federation(
        more=key_entry("hcm/nomination/1", retired_at="2024-11-01") + key_entry("hcm/nomination/2", since="2024-10-01")
    )
    assert [answer(say(WITHDRAWN, "children", key=f"hcm/nomination/{n}"), by=both) for n in (1, 2)] == [None, None]
    after = datetime.combine(date(2024, 11, 2), NOW.timetz())
    assert answer(say(WITHDRAWN, "children", key="hcm/nomination/2", at=after), by=both, on=after) is None
    assert answer(HONEST, by=both, on=after) is None
