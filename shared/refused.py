"""What was refused is judged again when what it is judged by has changed: the federation file, or the day.

A new key reaches its readers up to a minute after it reached the speaker, and an edge may be entered late: what was
refused meanwhile takes effect by itself, in its place of its stream. What is still refused stays as it is.
"""

from datetime import date

import structlog
from sqlalchemy import text

from shared.audit import Actor
from shared.database import Database
from shared.inbox import Hearing, Kind, operating
from shared.inbox.arrivals import Arrival, Raw, judge, unpack_headers
from shared.inbox.operating import NotPossible
from shared.logs import told

INBOX = Actor("system:inbox", "system")
LOOKS = 5
"""How often refused records are judged again after a change. Once would do, but that what was judged before it may be
stored after it: the looks go on for longer than a batch may last."""
_PAGE = 200

_log = structlog.get_logger("inbox")


class SecondLook:
    """Looks again at what a service has refused, when there is a reason to."""

    def __init__(self, database: Database, hearing: Hearing) -> None:
        self._database, self._hearing = database, hearing
        self._judged_by: tuple[str, date] | None = None
        self._left = 0

    async def look(self, sha256: str, today: date) -> int:
        """To be called at every reading of the file, with its SHA-256; returns how many records were let in.

        An error is logged, and the look is taken at the next reading: what was refused holds nobody.
        """
        if (sha256, today) != self._judged_by:
            self._judged_by, self._left = (sha256, today), LOOKS
        if not self._left:
            return 0
        try:
            taken = await take_refused(self._database, self._hearing)
        except Exception as error:  # noqa: BLE001  # a record that others wrote must not end the service
            _log.error("inbox.second_look_failed", error=told(error))
            return 0
        self._left -= 1
        return taken


async def take_refused(database: Database, hearing: Hearing) -> int:
    """Take the refused records that the gate lets in now, oldest first; returns how many."""
    taken, after = 0, 0
    while page := await _page(database, after):
        after = page[-1][0]
        for aside_id, raw in page:
            if not isinstance(judge(raw, hearing.gate), Arrival):
                continue
            try:
                left = await operating.replay(database, hearing, aside_id, actor=INBOX)
            except (LookupError, NotPossible):  # another process took it
                continue
            taken += 1
            _log.info("inbox.refused_taken", topic=raw.topic, offset=raw.offset, now=left or "taken")
    return taken


async def _page(database: Database, after: int) -> list[tuple[int, Raw]]:
    async with database.reading() as session:
        rows = await session.execute(
            text(
                """select id, topic, partition, "offset", record_key, headers, body from set_aside
                    where kind = :kind and id > :after order by id limit :limit"""
            ),
            {"kind": Kind.REFUSED, "after": after, "limit": _PAGE},
        )
        return [
            (r.id, Raw(r.topic, r.partition, r.offset, r.record_key, unpack_headers(r.headers), r.body)) for r in rows
        ]
