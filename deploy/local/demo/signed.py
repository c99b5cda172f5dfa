"""The demo's claims about what leaves an agency: signed by whom it says, and on a door that it was meant for."""

import json
from collections.abc import Iterable

from aiokafka import ConsumerRecord

from deploy.local.demo.facts import Facts
from shared.clock import local_date
from shared.envelope import from_record
from shared.events import CATALOGUE, Door
from shared.signatures import KEY_ID, SIGNATURE, BadSignature, check

Found = tuple[str, str, bool, str]
"""The fields of a finding: name, claim, whether it holds, what was seen."""


async def check_doors(facts: Facts) -> list[Found]:
    """Look at every record on a door that other agencies read; none when nobody else plays."""
    records = [one for one in await facts.records() if not one.topic.endswith(f".{Door.INTERNAL}")]
    bare = [one for one in records if not {KEY_ID, SIGNATURE} <= {name for name, _ in one.headers}]
    bad = [one for one in records if one not in bare and not _verifies(facts, one)]
    astray = [one for one in records if not _belongs(one)]
    return [
        ("unsigned", "what leaves an agency is signed", not bare, f"{len(records)} records on doors{_in(bare)}"),
        ("forged", "each signature is the speaker's own", not bad, f"{len(bad)} do not verify{_in(bad)}"),
        (
            "leak",
            "nothing stands on a door that it was not meant for",
            not astray,
            f"{len(astray)} astray{_in(astray)}",
        ),
    ]


def _verifies(facts: Facts, record: ConsumerRecord) -> bool:
    headers = dict(record.headers)
    said = local_date(from_record(list(record.headers), record.key, record.value).time)
    try:
        check(facts.federation, record.topic, record.key or b"", headers, record.value or b"", said, said)
    except BadSignature:
        return False
    return True


def _belongs(record: ConsumerRecord) -> bool:
    """Whether the type is said on that door, and, on a door to one neighbour, was meant for it."""
    kind = CATALOGUE.get(dict(record.headers)["ce_type"].decode())
    name = record.topic.split(".", 2)[2]
    door = Door.TO if name.startswith(f"{Door.TO}-") else name
    if kind is None or door not in kind.doors:
        return False
    told = json.loads(record.value or b"{}").get("to_agency")
    return door is not Door.TO or name == f"{Door.TO}-{told}"


def _in(records: Iterable[ConsumerRecord]) -> str:
    return "".join(f"; in {topic}" for topic in sorted({one.topic for one in records}))
