"""How often somebody may ask: limits per person and per address, counted for all workers of a service together.

The counting is the library's (`limits`, fixed windows). Its store here is the service's own database, in a table that
is not logged: a crash forgets the counts, which is harmless, and they cost no flush. What is limited is what is dear or
can be guessed at; reading a page is not. The client's address is the peer's, or what the configured front tells.
"""

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from prometheus_client import Counter
from sqlalchemy import Column, DateTime, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database import Database
from shared.language import translate
from shared.outbox.recording import raw_connection
from shared.web import get_pages, problem, wants_json

_log = structlog.get_logger("web")
_refused = Counter("guongsang_rate_limited", "requests refused because there were too many", ["agency", "rule"])

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Rule:
    """So many requests of a kind in so long: at these paths and below, by these methods.

    Counted by person where somebody is signed in and `by_person` says so, else by address: a whole school may have one.
    """

    name: str
    methods: frozenset[str]
    paths: tuple[str, ...]
    limit: str
    by_person: bool = False
    asks: str = ""
    """Only requests whose query has this parameter."""

    def concerns(self, scope: Scope) -> bool:
        """Whether a request is of this kind."""
        path: str = scope["path"]
        return (
            scope["method"] in self.methods
            and any(path == one or path.startswith(one.rstrip("/") + "/") for one in self.paths)
            and f"{self.asks}=".encode() in b"&" + scope["query_string"] + b"="
        )


RULES = (
    Rule("renewal", READS, ("/vao/tiep",), "60/minute", by_person=True),
    Rule("sign-in", READS, ("/vao",), "300/5minutes"),
    Rule("link", READS | WRITES, ("/dong-y", "/tra-loi", "/y-kien", "/lich"), "120/5minutes"),
    Rule("form", WRITES, ("/gioi-thieu", "/phan-anh"), "30/10minutes"),
    Rule("search", READS, ("/tim", "/xac-minh"), "120/minute"),
    Rule("desk search", READS, ("/de-cu/tim", "/xet-duyet/tim", "/lan-toa/tim", "/thong-bao/tim"), "120/minute", True),
    Rule("search", READS, ("/guong", "/mo-hinh"), "120/minute", asks="q"),
    Rule("api", WRITES, ("/api/v1",), "600/minute", by_person=True),
)
"""The first that concerns a request counts. Limits are ours, not the law's: they leave room for a school behind one
address and for a desk that works fast."""


def add_tables(metadata: MetaData) -> None:
    """Declare `rate_windows`."""
    windows = Table(
        "rate_windows",
        metadata,
        Column("agency", Text, nullable=False),
        Column("key", Text, nullable=False, comment="SHA-256 of rule and person or address"),
        Column("ends_at", DateTime(timezone=True), nullable=False, comment="real time"),
        Column("hits", Integer, nullable=False),
        PrimaryKeyConstraint("agency", "key"),
        prefixes=["UNLOGGED"],
    )
    Index(None, windows.c.agency, windows.c.ends_at)


_HIT = """
insert into rate_windows as w (agency, key, ends_at, hits)
values ($1, $2, clock_timestamp() + make_interval(secs => $3), $4)
on conflict (agency, key) do update set
    hits = $4 + case when w.ends_at <= clock_timestamp() then 0 else w.hits end,
    ends_at = case when w.ends_at <= clock_timestamp() then excluded.ends_at else w.ends_at end
returning hits
"""
_OVER = """
delete from rate_windows where agency = $1 and key in (
    select key from rate_windows where agency = $1 and ends_at < clock_timestamp() order by ends_at limit 20
    for update skip locked)
"""


class DatabaseStorage(Storage):
    """The library's counters in PostgreSQL, by the database's clock: the same for every worker."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Passed on as they are: a database that is away is answered 503 like everywhere."""
        return Exception

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in the window of `expiry` seconds that the first hit opened; whoever opens one clears old ones away."""
        async with self.database.transaction() as session:
            raw = await raw_connection(session)
            hits: int = await raw.fetchval(_HIT, self._agency, _hidden(key), expiry, amount)
            if hits == amount:
                await raw.execute(_OVER, self._agency)
        return hits

    async def get(self, key: str) -> int:
        """The hits of the window that is open."""
        return int(await self._ask("select hits", key) or 0)

    async def get_expiry(self, key: str) -> float:
        """When the open window ends, in seconds since 1970; now if none is."""
        return float(await self._ask("select extract(epoch from ends_at)", key) or time.time())

    async def check(self) -> bool:
        """Whether the database answers; it raises when not."""
        await self._ask("select hits", "")
        return True

    async def reset(self) -> int | None:
        """Forget every count."""
        async with self.database.transaction() as session:
            done: str = await (await raw_connection(session)).execute(
                "delete from rate_windows where agency = $1", self._agency
            )
        return int(done.rpartition(" ")[2])

    async def clear(self, key: str) -> None:
        """Forget one count."""
        async with self.database.transaction() as session:
            raw = await raw_connection(session)
            await raw.execute("delete from rate_windows where agency = $1 and key = $2", self._agency, _hidden(key))

    @property
    def _agency(self) -> str:
        return self.database.speaker.agency

    async def _ask(self, what: str, key: str) -> float | None:
        async with self.database.reading() as session:
            raw = await raw_connection(session)
            found: float | None = await raw.fetchval(
                f"{what} from rate_windows where agency = $1 and key = $2 and ends_at > clock_timestamp()",
                self._agency,
                _hidden(key),
            )
        return found


class Rates:
    """The limits of one service. `person_of` names who is signed in, if anybody; `scale` is a factor on every limit."""

    def __init__(self, database: Database, person_of: Callable[[Request], str | None], scale: float = 1.0) -> None:
        self.agency = database.speaker.agency
        self.limiter = FixedWindowRateLimiter(DatabaseStorage(database))
        self.person_of = person_of
        self.rules = [(rule, _scaled(rule.limit, scale)) for rule in RULES]

    async def wait(self, scope: Scope) -> tuple[str, int] | None:
        """The rule that a request goes against and the seconds until it may come again; None when it may pass."""
        for rule, limit in self.rules:
            if rule.concerns(scope):
                person = self.person_of(Request(scope)) if rule.by_person else None
                who = (rule.name, person or address_of(scope))
                if await self.limiter.hit(limit, *who):
                    return None
                until = (await self.limiter.get_window_stats(limit, *who)).reset_time
                return rule.name, max(1, math.ceil(until - time.time()))
        return None


class RateLimited:
    """Middleware: who asks too often is told when to come again (RFC 6585, 4; RFC 9110, 10.2.3)."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app = app
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        against = await self.rates.wait(scope) if scope["type"] == "http" else None
        if against is None:
            await self.app(scope, receive, send)
            return
        rule, seconds = against
        _refused.labels(self.rates.agency, rule).inc()
        _log.warning("request.limited", rule=rule)
        request = Request(scope)
        title, detail = "Bạn gửi quá nhanh", _when(seconds)
        answer = (
            problem(429, "too-many-requests", title, detail=detail)
            if wants_json(request)
            else get_pages(request).error(request, 429, translate(title), detail)
        )
        answer.headers["Retry-After"] = str(seconds)
        await answer(scope, receive, send)


def _when(seconds: int) -> str:
    why = translate("Từ máy hoặc mạng của bạn vừa có quá nhiều yêu cầu. Những gì đã lưu vẫn còn.")
    if seconds <= 90:
        return f"{why} {translate('Hãy thử lại sau {seconds} giây.', seconds=seconds)}"
    return f"{why} {translate('Hãy thử lại sau {minutes} phút.', minutes=math.ceil(seconds / 60))}"


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network of 64 bits, within which one client has as many as it likes."""
    host = str(scope["client"][0]) if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network(f"{address}/64", strict=False))
    return host


def _scaled(limit: str, scale: float) -> RateLimitItem:
    item = parse(limit)
    return type(item)(max(1, int(item.amount * scale)), item.multiples, "rate")


def _hidden(key: str) -> str:
    """A key that does not show the address or the person: rows outlive a request, and dumps outlive rows."""
    return hashlib.sha256(key.encode()).hexdigest()
