"""The rules of publishing, as tables: whose word is needed, and where a story belongs."""

from datetime import date
from itertools import product

import pytest

from services.publishing.rules import (
    BadText,
    Band,
    ConsentState,
    HonourState,
    State,
    WrongState,
    age_on,
    check_answerable,
    check_draft,
    check_withdrawable,
    fingerprint,
    needed,
    settled,
)

pytestmark = pytest.mark.unit

BANDS = (Band(7, ("guardian",)), Band(18, ("self", "guardian")), Band(None, ("self",)))
DAY = date(2024, 10, 15)
BOTH = ("guardian", "self")
ASKED, GIVEN, REFUSED, WITHDRAWN = ConsentState


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


def expected(honour: HonourState | None, child: ConsentState, guardian: ConsentState, portal: bool) -> State:
    """The same in other words: where in doubt, not live."""
    if honour is HonourState.REVOKED:
        return State.REVOKED
    if {child, guardian} & {REFUSED, WITHDRAWN}:
        return State.REFUSED
    if honour is HonourState.HELD:
        return State.HELD
    if honour is HonourState.IN_FORCE and (child, guardian) == (GIVEN, GIVEN) and portal:
        return State.LIVE
    return State.CONSENT


@pytest.mark.parametrize("honour", [None, *HonourState])
@pytest.mark.parametrize("state", [State.CONSENT, State.LIVE, State.HELD, State.REFUSED])
def test_a_story_belongs_where_honour_and_consents_put_it(state: State, honour: HonourState | None) -> None:
    for child, guardian, portal in product(ConsentState, ConsentState, (True, False)):
        consents = {"self": child, "guardian": guardian}
        found = settled(state, honour, BOTH, consents, portal=portal)
        assert found is expected(honour, child, guardian, portal), (state, honour, child, guardian, portal)


@pytest.mark.parametrize("state", [State.AWAITED, State.DRAFT])
def test_a_story_without_words_or_consents_stays_unless_the_honour_is_revoked(state: State) -> None:
    for honour in HonourState:
        found = settled(state, honour, ("self",), {}, portal=True)
        assert found is (State.REVOKED if honour is HonourState.REVOKED else state)


def test_nobody_to_ask_is_no_yes() -> None:
    assert settled(State.CONSENT, HonourState.IN_FORCE, (), {}, portal=True) is State.CONSENT
    assert settled(State.CONSENT, HonourState.IN_FORCE, ("self",), {}, portal=True) is State.CONSENT
    given = {"guardian": GIVEN}
    assert settled(State.CONSENT, HonourState.IN_FORCE, BOTH, given, portal=True) is State.CONSENT


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
