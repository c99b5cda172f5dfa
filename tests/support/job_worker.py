"""A worker in a process of its own, to be killed: `python -m tests.support.job_worker URL PASSWORD`.

Its job `deadly` says that it has begun and then never ends.
"""

import asyncio
import sys
from datetime import timedelta
from typing import Any

from shared.clock import Clock
from shared.database import Database
from shared.jobs import Jobs
from shared.outbox import Speaker


async def _deadly(payload: dict[str, Any]) -> None:
    print("begun", payload["n"], flush=True)  # noqa: T201
    await asyncio.sleep(3600)


async def _main(url: str, password: str) -> None:
    database = Database(url, password=password, speaker=Speaker("tan-binh", "nomination", Clock()))
    jobs = Jobs(database, heartbeat=timedelta(seconds=1), poll=timedelta(seconds=0.2))
    jobs.add("deadly", _deadly)
    await jobs.run()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
