"""The table of a referral's states, walked through in every order in which two agencies' messages can cross."""

from collections import deque
from typing import NamedTuple

import pytest

from services.review.rules import FREEZING, MOVES, Act, Referral, Side, moved

pytestmark = pytest.mark.unit

SAID_BY_LOWER = {Act.STORE: "referred", Act.RECALL: "recall"}
HEARD_BY_LOWER = {"accepted": Act.ACCEPT, "returned": Act.RETURN, "recalled": Act.GRANT, "ruled": Act.RULE}
DONE_ABOVE = {Act.ACCEPT: "accepted", Act.RETURN: "returned", Act.RULE: "ruled"}
DONE_BELOW = (Act.STORE, Act.GIVE_UP, Act.SEND_AGAIN, Act.RECALL)


class World(NamedTuple):
    """Where both sides are, and what is on its way between them. `upper` is none until the referral is heard."""

    lower: Referral
    upper: Referral | None
    up: tuple[str, ...]
    down: tuple[str, ...]


def after_each_act(world: World) -> list[World]:
    """Every world that one act of a person, or of the sending job, leads to."""
    found = []
    for act in DONE_BELOW:
        if lower := moved(Side.LOWER, act, world.lower):
            # What never left needs no message.
            silent = lower in (Referral.RECALLED, Referral.FAILED, Referral.SENDING)
            found.append(world._replace(lower=lower, up=world.up if silent else (*world.up, SAID_BY_LOWER[act])))
    if world.upper is not None:
        for act, said in DONE_ABOVE.items():
            if upper := moved(Side.UPPER, act, world.upper):
                found.append(world._replace(upper=upper, down=(*world.down, said)))
    return found


def after_each_message(world: World) -> list[World]:
    """Every world that the arrival of one message leads to; each way keeps its order."""
    found = []
    if world.up:
        first, *rest = world.up
        heard = world._replace(up=tuple(rest))
        if first == "referred":
            found.append(heard._replace(upper=Referral.SENT))
        elif world.upper is not None and (upper := moved(Side.UPPER, Act.GRANT, world.upper)):
            found.append(heard._replace(upper=upper, down=(*world.down, "recalled")))
        else:
            found.append(heard)
    if world.down:
        first, *rest = world.down
        lower = moved(Side.LOWER, HEARD_BY_LOWER[first], world.lower)
        assert lower is not None, f"{first} finds the lower side {world.lower}"
        found.append(world._replace(lower=lower, down=tuple(rest)))
    return found


def every_world() -> set[World]:
    start = World(Referral.SENDING, None, (), ())
    seen, todo = {start}, deque([start])
    while todo:
        world = todo.popleft()
        for following in (*after_each_act(world), *after_each_message(world)):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def test_when_everything_has_arrived_both_sides_know_the_same() -> None:
    settled = {(world.lower, world.upper) for world in every_world() if not world.up and not world.down}
    assert settled == {
        (Referral.SENDING, None),
        (Referral.FAILED, None),
        (Referral.RECALLED, None),  # taken back before it left
        (Referral.SENT, Referral.SENT),
        (Referral.ACCEPTED, Referral.ACCEPTED),
        (Referral.RETURNED, Referral.RETURNED),
        (Referral.RECALLED, Referral.RECALLED),
        (Referral.RULED, Referral.RULED),
    }


def test_the_lower_case_is_free_only_when_the_parent_has_it_no_more() -> None:
    for world in every_world():
        if world.lower not in FREEZING:
            assert world.upper in (None, Referral.RETURNED, Referral.RECALLED, Referral.RULED), world


def test_every_line_of_the_table_is_walked() -> None:
    walked: set[tuple[Side, Referral]] = set()
    for world in every_world():
        walked |= {(Side.LOWER, world.lower)} | ({(Side.UPPER, world.upper)} if world.upper else set())
    written = {(side, after) for side, acts in MOVES.items() for move in acts.values() for after in move.values()}
    assert written - walked == set()
