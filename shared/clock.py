"""The clock that everything is given, so that the domain can live in another year than the machine.

Two kinds of time: *domain* time moves rules, `occurred_at`, edges and deadlines and may be shifted; *real*
time rules leases, tokens, TLS and partitions and is never shifted. *Dates* are those of Asia/Ho_Chi_Minh: a day ends
there at 24:00.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True)
class Clock:
    """A clock that runs on, `offset` away from the machine's."""

    offset: timedelta = timedelta()

    @property
    def shifted(self) -> bool:
        """Whether domain time differs from real time; pages then say so."""
        return self.offset != timedelta()

    def now(self) -> datetime:
        """Domain time, an instant in UTC."""
        return datetime.now(UTC) + self.offset

    def today(self) -> date:
        """The domain's date in Vietnam."""
        return local_date(self.now())

    def real(self) -> datetime:
        """Real time, an instant in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock(Clock):
    """A clock that stands still, for tests and for replaying a day."""

    at: datetime = datetime(2024, 10, 15, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Always `at`."""
        return self.at

    def real(self) -> datetime:
        """Always `at`."""
        return self.at


def local_date(instant: datetime) -> date:
    """The date in Vietnam at `instant`."""
    return instant.astimezone(VIETNAM).date()


def offset_to(day: date) -> timedelta:
    """How far domain time must be moved so that it is now the same time of day on `day`."""
    now = datetime.now(UTC)
    return datetime.combine(day, now.astimezone(VIETNAM).timetz()).astimezone(UTC) - now
