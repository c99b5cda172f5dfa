"""Where a case is, and what it waits for."""

from enum import StrEnum

from services.review.rules.refusals import WrongState


class State(StrEnum):
    """Where a case is."""

    OFFERED = "offered"  # an agency below referred it; nobody here has taken it over yet
    NEW = "new"  # its dossier is still on the way
    SCORING = "scoring"
    VOTING = "voting"
    VOTED = "voted"
    RETURNED = "returned"
    DECIDED = "decided"  # to be honoured; number and date of the decision are missing
    DECLINED = "declined"
    HONOURED = "honoured"
    WITHDRAWN = "withdrawn"  # by its unit, or recalled by the agency that referred it


OPEN = (State.OFFERED, State.NEW, State.SCORING, State.VOTING, State.VOTED, State.DECIDED)
"""The council still has work with it."""
CONCLUDED = (State.DECIDED, State.DECLINED, State.HONOURED)


def name_to_find(name: str, *, child: bool) -> str:
    """By which name a case is found and shown among others: a child's stays in the dossier."""
    return "" if child else name


def check_state(state: State, *allowed: State) -> None:
    """Raises WrongState."""
    if state not in allowed:
        raise WrongState("Hồ sơ đã sang bước khác. Hãy tải lại trang để xem bước hiện tại.")


def awaited(state: State, *, frozen: bool, sheets: int, needed: int) -> list[str]:
    """What a case in that state waits for here, by the names of `shared.events.CaseStep`; empty: nothing of anybody.

    `sheets` of `needed` score sheets are in.
    """
    if frozen:
        return []
    steps = {
        State.OFFERED: ["take_over"],
        State.SCORING: ["score"] if sheets < needed else ["open_ballot"],
        State.VOTING: ["vote", "close_ballot"],
        State.VOTED: ["conclude"],
        State.DECIDED: ["honour"],
    }
    return steps.get(state, [])
