"""The rules of publishing, as tables: whose word is needed, and where a story belongs."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from services.publishing.rules import (
    BadPaper,
    BadText,
    Band,
    ConsentState,
    HonourState,
    Purpose,
    Said,
    State,
    WrongState,
    age_on,
    check_answerable,
    check_draft,
    check_paper,
    check_withdrawable,
    fingerprint,
    hardest,
    is_newer,
    needed,
    settled,
    unasked,
)

pytestmark = pytest.mark.unit

BANDS = (Band(7, ("guardian",)), Band(18, ("self", "guardian")), Band(None, ("self",)))
DAY = date(2024, 10, 15)
AT = datetime(2024, 10, 15, 2, tzinfo=UTC)
LATER = AT + timedelta(days=1)
BOTH = ("guardian", "self")
ASKED, GIVEN, REFUSED, WITHDRAWN = ConsentState
PORTAL, UPPER, PRESS, SOCIAL = Purpose
YES = Said(GIVEN, frozenset({PORTAL}))


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2017, 10, 15), DAY, 7),
        (date(2017, 10, 16), DAY, 6),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (DAY, DAY, 0),
    ],
)
def test_an_age_is_in_full_years(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age


@pytest.mark.parametrize(
    ("born_on", "child", "who"),
    [
        (date(2017, 10, 16), True, ("guardian",)),
        (date(2017, 10, 15), True, ("self", "guardian")),
        (date(2006, 10, 16), True, ("self", "guardian")),
        (date(2006, 10, 15), True, ("self",)),
        (None, True, BOTH),
        (None, False, ("self",)),
        (date(1980, 1, 1), False, ("self",)),
        (date(2010, 1, 1), False, ("self", "guardian")),
    ],
)
def test_whose_word_is_needed_follows_from_age(born_on: date | None, child: bool, who: tuple[str, ...]) -> None:
    assert needed(BANDS, born_on, DAY, child=child) == who


@pytest.mark.parametrize(
    ("bands", "born_on", "who"),
    [
        ((), None, ()),
        ((), date(2010, 1, 1), ()),
        (BANDS[:2], date(1980, 1, 1), BOTH),
        (BANDS[:2], None, BOTH),
    ],
)
def test_whom_no_rule_fits_needs_everybody_or_nobody_could_do(
    bands: tuple[Band, ...], born_on: date | None, who: tuple[str, ...]
) -> None:
    assert needed(bands, born_on, DAY, child=False) == who


def expected(
    honour: HonourState | None, child: ConsentState, guardian: ConsentState, agreed: bool, doubted: bool
) -> State:
    """The same in other words: where in doubt, not live."""
    if honour is HonourState.REVOKED:
        return State.REVOKED
    if {child, guardian} & {REFUSED, WITHDRAWN}:
        return State.REFUSED
    if honour is HonourState.HELD:
        return State.HELD
    if honour is HonourState.IN_FORCE and (child, guardian) == (GIVEN, GIVEN) and agreed:
        return State.DOUBTED if doubted else State.LIVE
    return State.CONSENT


@pytest.mark.parametrize("purpose", [PORTAL, UPPER])
@pytest.mark.parametrize("honour", [None, *HonourState])
@pytest.mark.parametrize("state", [State.CONSENT, State.LIVE, State.HELD, State.REFUSED, State.DOUBTED])
def test_a_story_belongs_where_honour_consents_and_other_tiers_put_it(
    state: State, honour: HonourState | None, purpose: Purpose
) -> None:
    other = UPPER if purpose is PORTAL else PORTAL
    for child, guardian, agreed, doubted in product(ConsentState, ConsentState, (True, False), (True, False)):
        said = {
            "self": Said(child, frozenset({purpose, PRESS})),
            "guardian": Said(guardian, frozenset({purpose if agreed else other})),
        }
        found = settled(state, honour, BOTH, said, purpose, doubted=doubted)
        assert found is expected(honour, child, guardian, agreed, doubted), (child, guardian, agreed, doubted)


@pytest.mark.parametrize("state", [State.AWAITED, State.DRAFT])
def test_a_story_without_words_or_consents_stays_unless_the_honour_is_revoked(state: State) -> None:
    for honour in HonourState:
        found = settled(state, honour, ("self",), {"self": YES}, PORTAL)
        assert found is (State.REVOKED if honour is HonourState.REVOKED else state)


def test_nobody_to_ask_is_no_yes() -> None:
    for wanted, said in (((), {}), (("self",), {}), (BOTH, {"guardian": YES})):
        assert settled(State.CONSENT, HonourState.IN_FORCE, wanted, said, PORTAL) is State.CONSENT


def test_whose_word_is_not_wanted_any_more_neither_helps_nor_hinders() -> None:
    said = {"self": YES, "guardian": Said(WITHDRAWN)}
    assert settled(State.LIVE, HonourState.IN_FORCE, ("self",), said, PORTAL) is State.LIVE
    assert settled(State.LIVE, HonourState.IN_FORCE, ("guardian",), {"self": YES}, PORTAL) is State.CONSENT


@pytest.mark.parametrize(
    ("said", "together"),
    [
        ([], Said(ASKED)),
        ([YES], YES),
        (
            [Said(GIVEN, frozenset({PORTAL, PRESS})), Said(GIVEN, frozenset({PRESS, UPPER}))],
            Said(GIVEN, frozenset({PRESS})),
        ),
        ([YES, Said(ASKED)], Said(ASKED)),
        ([YES, Said(REFUSED), Said(ASKED)], Said(REFUSED)),
        ([Said(REFUSED), Said(WITHDRAWN), YES], Said(WITHDRAWN)),
    ],
)
def test_several_words_of_one_relation_count_as_the_hardest(said: list[Said], together: Said) -> None:
    assert hardest(said) == together


def test_what_was_said_later_counts_and_a_no_at_the_same_instant() -> None:
    cases = {(LATER, False, AT, True): True, (AT, True, AT, False): True, (AT, False, AT, True): False}
    cases |= {(AT, False, AT, False): False, (AT, True, LATER, False): False}
    assert {case: is_newer(*case) for case in cases} == cases


def test_who_was_never_asked_or_let_the_time_pass_is_asked_anew() -> None:
    asked = {"self": (ASKED, AT), "guardian": (REFUSED, AT)}
    assert unasked(BOTH, asked, AT) == []
    assert unasked(BOTH, asked, LATER) == ["self"]
    assert unasked((*BOTH, "teacher"), {"self": (GIVEN, AT)}, LATER) == ["guardian", "teacher"]


def test_a_signed_paper_stands_for_whom_it_can() -> None:
    good: dict[str, Any] = {
        "state": State.CONSENT,
        "who": "self",
        "wanted": BOTH,
        "word": ASKED,
        "purposes": [PORTAL],
        "signed_on": DAY,
        "today": DAY,
    }
    check_paper(**good)
    check_paper(**good | {"state": State.DRAFT, "word": None})
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"who": "teacher"}, "who"),
        ({"word": GIVEN}, "who"),
        ({"word": WITHDRAWN}, "who"),
        ({"purposes": []}, "purpose"),
        ({"signed_on": None}, "signed"),
        ({"signed_on": date(2024, 10, 16)}, "signed"),
    ]
    for change, field in wrong:
        with pytest.raises(BadPaper) as error:
            check_paper(**good | change)
        assert error.value.field == field
    with pytest.raises(WrongState):
        check_paper(**good | {"state": State.LIVE})


@pytest.mark.parametrize("state", ConsentState)
def test_a_word_is_given_once_and_taken_back_once(state: ConsentState) -> None:
    for check, allowed in ((check_answerable, ASKED), (check_withdrawable, GIVEN)):
        if state is allowed:
            check(state)
        else:
            with pytest.raises(WrongState):
                check(state)


@pytest.mark.parametrize(
    ("title", "text", "wrong"),
    [
        ("Gương sáng", "x" * 20, None),
        ("ngắn", "x" * 20, "title"),
        ("x" * 201, "x" * 20, "title"),
        ("Gương sáng", "   ", "text"),
        ("Gương sáng", "x" * 12_001, "text"),
    ],
)
def test_a_story_has_a_title_and_words(title: str, text: str, wrong: str | None) -> None:
    if wrong is None:
        check_draft(State.DRAFT, title, text)
        return
    with pytest.raises(BadText) as error:
        check_draft(State.DRAFT, title, text)
    assert error.value.field == wrong


@pytest.mark.parametrize("state", [one for one in State if one is not State.DRAFT])
def test_what_people_were_asked_about_is_not_changed(state: State) -> None:
    with pytest.raises(WrongState):
        check_draft(state, "Gương sáng", "x" * 20)


def test_other_words_have_another_fingerprint() -> None:
    assert len({fingerprint("a", "b"), fingerprint("a b", ""), fingerprint("a", "b ")}) == 3
