"""A dossier as a list of what is to do: which rows it has, which are done, and the one next step. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.nomination.rules.readiness import NOTHING, Problem, Readiness, Status


@dataclass(frozen=True)
class Task:
    """One row: what it is about, where it is done below the dossier's path, and what is lacking."""

    name: str
    place: str
    done: bool
    problem: Problem | None = None


ORDER = ("opinions", "contacts", "agreement", "confirmation")
PLACES = {"opinions": "/y-kien", "contacts": "/lien-he", "agreement": "/dong-y", "confirmation": "/xac-nhan"}
SEND = "send"


def tasks_of(ready: Readiness, *, proofs: int, contacts: int, particulars: bool | None = None) -> list[Task]:
    """The rows of a draft. Papers that are not needed have no row, but for contacts, which everybody may give.

    `proofs`: how many pieces of evidence there are; `contacts`: how many people can be reached; `particulars`: whether
    all that an award's form asks for is written, none when no form is needed. It never keeps a dossier from going.
    """
    lacking = sorted((one for one in ready.criteria if one.problems), key=lambda one: one.problems[0] is NOTHING)
    first = lacking[0] if lacking else None
    problem = first.problems[0] if first else ready.nothing[0] if ready.nothing else None
    place = f"/tieu-chi/{first.criterion}" if first else "#tieu-chi"
    rows = [
        Task("who", "", done=True),
        Task("claims", place, done=problem is None, problem=problem),
        Task("proofs", place, done=problem is None and proofs > 0),
    ]
    for name in ORDER:
        paper = ready.papers.get(name)
        if paper is None or paper.status is Status.NOT_NEEDED:
            continue
        wrong = paper.problems[0] if paper.problems else None
        done = wrong is None and (name != "contacts" or contacts > 0)
        rows.append(Task(name, PLACES[name], done, wrong))
    if particulars is not None:
        rows.append(Task("particulars", "/giay-to", particulars))
    return [*rows, Task(SEND, "/gui", done=False)]


def done_of(tasks: Sequence[Task]) -> int:
    """How many rows are done."""
    return sum(task.done for task in tasks)


def next_of(tasks: Sequence[Task]) -> Task:
    """What to do next: the first row that keeps the dossier from being handed in, at last handing it in."""
    return next((task for task in tasks if task.problem), tasks[-1])
