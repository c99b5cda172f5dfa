"""What /metrics tells of a service's database, read at the moment it is asked for.

Neither relay nor inbox measure it: it must be right above all while they cannot work, with the broker away or the lease
elsewhere. What cannot be read is left out, for an old figure would look like a good one.
"""

import asyncio
import time

from prometheus_client import Gauge
from sqlalchemy import text

from shared.database import Database
from shared.inbox import Kind

MOST_COUNTED = 100_000
SECONDS = 3

_LABELS = ["agency", "service"]
_unsent = Gauge("guongsang_outbox_unsent", f"events not yet sent, counted up to {MOST_COUNTED}", _LABELS)
_age = Gauge("guongsang_outbox_age_seconds", "age of the event that is to be sent next, 0 when there is none", _LABELS)
_horizon = Gauge(
    "guongsang_horizon_age_seconds",
    "how long a transaction anywhere on the server has been keeping younger events from being sent",
    _LABELS,
)
_aside = Gauge("guongsang_set_aside", "records set aside", [*_LABELS, "kind"])
_aside_age = Gauge("guongsang_set_aside_age_seconds", "age of the oldest record set aside", [*_LABELS, "kind"])


class Measures:
    """Measures one database. It remembers since when the horizon has stood where it stands."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._labels = database.speaker.agency, database.speaker.service
        self._xmin, self._since = 0, 0.0

    async def take(self) -> None:
        """Measure now; while the database does not answer, its figures are left out."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._take()
        except Exception:  # noqa: BLE001  # whatever keeps the database away, /readyz tells it
            for gauge in (_unsent, _age, _horizon):
                gauge.remove(*self._labels)
            for kind in Kind:
                _aside.remove(*self._labels, kind)
                _aside_age.remove(*self._labels, kind)

    async def _take(self) -> None:
        async with self._database.reading() as session:
            xmin, xmax, *cursor = (await session.execute(text(_CURSOR))).one()
            place = dict(zip(("position", "id"), cursor, strict=True))
            unsent, age = (await session.execute(text(_OUTBOX), {**place, "most": MOST_COUNTED})).one()
            aside = {kind: (count, oldest) for kind, count, oldest in await session.execute(text(_ASIDE))}
        _unsent.labels(*self._labels).set(unsent)
        _age.labels(*self._labels).set(age)
        _horizon.labels(*self._labels).set(self._horizon_age(xmin, xmax))
        for kind in Kind:
            count, oldest = aside.get(kind, (0, 0))
            _aside.labels(*self._labels, kind).set(count)
            _aside_age.labels(*self._labels, kind).set(oldest)

    def _horizon_age(self, xmin: int, xmax: int) -> float:
        """Since when the oldest open transaction has been seen; a role sees no other role's in pg_stat_activity."""
        now = time.monotonic()
        if xmin != self._xmin:
            self._xmin, self._since = xmin, now
        return now - self._since if xmin < xmax else 0.0


_CURSOR = """select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, position, id
               from relay, pg_current_snapshot() s"""
_OUTBOX = """
    select count(*), coalesce(extract(epoch from clock_timestamp() - (array_agg(recorded_at))[1]), 0)::float
      from (select recorded_at from outbox where (position, id) > (:position, :id)
             order by position, id limit :most) u"""
_ASIDE = "select kind, count(*), extract(epoch from clock_timestamp() - min(since))::float from set_aside group by 1"
