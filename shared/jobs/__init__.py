"""Jobs: work that touches the outside, wanted by a transaction and done after its commit, again until it succeeds.

`enqueue` stands in the act's transaction. `Jobs` does them in a worker: at least once, each kind with its own pauses
between tries. A job that fails for good, runs out of tries or keeps ending its worker waits for an operator (`listed`,
`again`). The queue is pgqueuer's; what it does not know (why, how often begun) stands in `job_runs`.
"""

from shared.jobs.queue import JobRow, again, again_by_key, enqueue, listed, purge
from shared.jobs.schema import JobState, add_tables, install
from shared.jobs.worker import LONGEST, PAUSES, FailureHandler, GiveUp, Handler, Jobs

__all__ = [
    "LONGEST",
    "PAUSES",
    "FailureHandler",
    "GiveUp",
    "Handler",
    "JobRow",
    "JobState",
    "Jobs",
    "add_tables",
    "again",
    "again_by_key",
    "enqueue",
    "install",
    "listed",
    "purge",
]
