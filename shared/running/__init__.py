"""Runs: work that takes longer than anybody waits at an open page. A row says how far it is, a page shows the row.

`begin` stands in the act's transaction and enqueues the run's job. Whoever began it may leave and come back; nobody
else sees it but an administrator. The only work of this kind that there is today is writing a long list as a file
(`shared.running.exporting`); `join` gives a service that work and the pages of its runs.
"""

from shared.running.pages import join, offer
from shared.running.runs import Run, RunState, add_tables, begin

__all__ = ["Run", "RunState", "add_tables", "begin", "join", "offer"]
