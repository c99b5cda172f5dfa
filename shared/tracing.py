"""The thread through one person's act.

Correlation id and W3C trace context, from the web request to the last consumer.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_CORRELATION = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True)
class Trace:
    """One step of an act. `traceparent` follows W3C Trace Context, level 1."""

    correlation_id: str
    traceparent: str

    def child(self) -> "Trace":
        """The next step of the same act."""
        return start(self.correlation_id, self.traceparent)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def start(correlation_id: str | None = None, traceparent: str | None = None) -> Trace:
    """A new step; what was handed over is continued when it is well formed, else begun anew."""
    if not (correlation_id and _CORRELATION.fullmatch(correlation_id)):
        correlation_id = secrets.token_hex(16)
    known = _TRACEPARENT.fullmatch(traceparent or "")
    trace_id, flags = (known[1], known[3]) if known else (secrets.token_hex(16), "01")
    return Trace(correlation_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")


def current() -> Trace:
    """The step that is being worked on; outside of any, a new one."""
    return _current.get() or start()


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """Work inside this step: events, jobs and log lines made here carry its ids."""
    token = _current.set(trace)
    try:
        with structlog.contextvars.bound_contextvars(
            correlation_id=trace.correlation_id, trace_id=trace.traceparent.split("-")[1]
        ):
            yield
    finally:
        _current.reset(token)
