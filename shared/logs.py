"""Log lines as JSON: `noun.verbed` and key-values, never prose, never personal data."""

import logging
import re
import sys

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

_QUOTED = re.compile(r"""'[^']*'|"(?![a-z0-9]+(_[a-z0-9]+)+")[^"]*\"""")
"""What stands in quotes, but for the database's own names, such as "uq_cases_code"."""


def set_up(*, service: str, agency: str, level: str = "info") -> None:
    """Send every log line of this process, the libraries' too, to standard output as one line of JSON."""
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    line = logging.StreamHandler(sys.stdout)
    line.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Origin(service, agency),
                structlog.processors.JSONRenderer(serializer=_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [line]
    root.setLevel(level.upper())
    # Their lines on every request or fetch say nothing that ours do not.
    for noisy in ("aiokafka", "uvicorn.access", "httpx2", "faststream", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def told(error: BaseException) -> str:
    """An error in one line for operators and logs, without what a person or an event may have put into its text.

    Databases and libraries quote values, and tell whole rows behind the first line.
    """
    first = str(getattr(error, "title", "") or error).split("\n", 1)[0].split("[", 1)[0]
    return f"{type(error).__name__}: {_QUOTED.sub('…', first).strip()}".strip(": ")[:300]


class _Origin:
    def __init__(self, service: str, agency: str) -> None:
        self.fields = {"service": service, "agency": agency}

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line["message"] = line.pop("event", "")
        return {**self.fields, **line}


def _json(line: EventDict, **_options: object) -> str:
    return orjson.dumps(line, default=str).decode()
