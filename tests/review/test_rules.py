"""The rules of reviewing, as tables."""

from fractions import Fraction

import pytest

from services.review.rules import (
    AlreadyDone,
    BadInput,
    Choice,
    HonourState,
    NotReady,
    Refusal,
    RuleSet,
    State,
    WrongState,
    carried,
    check_closable,
    check_hold,
    check_marks,
    check_reason,
    check_resume,
    check_revoke,
    check_seat,
    check_state,
    check_votable,
)

pytestmark = pytest.mark.unit


def rules(seats: int = 3, quorum: str = "2/3", threshold: str = "1/2", secret_from: int = 3) -> RuleSet:
    return RuleSet("hd", seats, Fraction(quorum), Fraction(threshold), 2, 10, secret_from, 20, False)


@pytest.mark.parametrize(
    ("seats", "quorum", "needed"), [(3, "2/3", 2), (5, "2/3", 4), (7, "1/2", 4), (1, "1", 1), (9, "2/3", 6)]
)
def test_a_quorum_is_rounded_up_from_the_seats(seats: int, quorum: str, needed: int) -> None:
    assert rules(seats, quorum).present_needed == needed


@pytest.mark.parametrize(("seats", "secret"), [(1, False), (2, False), (3, True), (9, True)])
def test_a_ballot_of_too_few_is_open(seats: int, secret: bool) -> None:
    assert rules(seats).secret is secret


@pytest.mark.parametrize(
    ("agree", "seats", "threshold", "carries"),
    [
        (2, 3, "1/2", True),
        (1, 3, "1/2", False),
        (2, 4, "1/2", True),
        (2, 3, "2/3", True),
        (5, 9, "2/3", False),
        (6, 9, "2/3", True),
        (0, 3, "1/2", False),
    ],
)
def test_a_vote_carries_by_those_who_agree_of_all_seats(agree: int, seats: int, threshold: str, carries: bool) -> None:
    tally = {Choice.AGREE: agree, Choice.DISAGREE: 0, Choice.ABSTAIN: seats - agree}
    assert carried(tally, rules(seats, threshold=threshold)) is carries
    assert carried({}, rules(seats, threshold=threshold)) is False


@pytest.mark.parametrize(
    ("marks", "wrong"),
    [
        ({"A": 0, "B": 10}, None),
        ({"A": 5}, "mark-B"),
        ({"A": 5, "B": 11}, "mark-B"),
        ({"A": -1, "B": 1}, "mark-A"),
        ({"A": 1, "B": 1, "C": 1}, "note"),
        ({}, "mark-A"),
    ],
)
def test_each_criterion_has_one_mark_in_range(marks: dict[str, int], wrong: str | None) -> None:
    criteria = {"A": "một", "B": "hai"}
    if wrong is None:
        check_marks(marks, criteria, rules())
        return
    with pytest.raises(BadInput) as error:
        check_marks(marks, criteria, rules())
    assert error.value.field == wrong


@pytest.mark.parametrize(("reason", "fine"), [("x" * 20, True), (" " + "x" * 19, False), ("x" * 2001, False)])
def test_a_reason_is_of_use(reason: str, fine: bool) -> None:
    if fine:
        check_reason(reason, rules())
        return
    with pytest.raises(BadInput) as error:
        check_reason(reason, rules())
    assert error.value.field == "reason"


def test_a_vote_opens_with_enough_sheets_and_closes_with_a_quorum() -> None:
    check_votable(2, rules())
    check_closable(2, rules())
    check_seat(2, rules())
    for check, count in ((check_votable, 1), (check_closable, 1), (check_seat, 3)):
        with pytest.raises(NotReady):
            check(count, rules())


MOVES = {
    check_hold: {HonourState.IN_FORCE},
    check_resume: {HonourState.HELD},
    check_revoke: {HonourState.IN_FORCE, HonourState.HELD},
}


@pytest.mark.parametrize("state", HonourState)
def test_an_honour_moves_only_where_it_can(state: HonourState) -> None:
    for check, allowed in MOVES.items():
        if state in allowed:
            check(state)
        else:
            with pytest.raises(WrongState):
                check(state)


def test_a_case_is_where_an_act_needs_it() -> None:
    check_state(State.SCORING, State.NEW, State.SCORING)
    with pytest.raises(WrongState, match="đã sang bước khác"):
        check_state(State.VOTED, State.SCORING)


def test_each_refusal_has_its_own_slug() -> None:
    slugs = [kind.problem for kind in (Refusal, WrongState, NotReady, AlreadyDone, BadInput)]
    assert len(set(slugs)) == len(slugs)
