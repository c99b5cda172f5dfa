"""What happens with the city and the ministry: one teacher honoured at all three tiers, one team given back by the
city and honoured by the district, one pupil whose guardian takes the word back, one honour revoked, one recall."""

from deploy.local.demo.candidates import (
    CITY_REASON,
    LANGUAGE_TEAM,
    LIBRARIAN,
    MANAGER,
    PUPIL,
    TEACHER,
    Candidate,
)
from deploy.local.demo.desk import OFFICE
from deploy.local.demo.story import CITY, DISTRICT, MINISTRY, Story

NUMBERS = {CITY: "{}/QĐ-SGDĐT", MINISTRY: "{}/QĐ-BGDĐT"}
LEVELS = {CITY: "cấp thành phố", MINISTRY: "cấp Bộ"}


async def climb(story: Story) -> None:
    """Go on with a district's story in the tiers above. Raises Unexpected."""
    for agency in (CITY, MINISTRY):
        await story.desks[agency].come_in(*OFFICE)
    await _given_back(story)
    await _recalled(story)
    await _climb(story, TEACHER, DISTRICT, CITY)
    await _climb(story, TEACHER, CITY, MINISTRY)
    await _withdrawn(story)
    await _revoked(story)


async def _given_back(story: Story) -> None:
    """The city does not take the team's case over; the district honours it."""
    district, city = story.desks[DISTRICT], story.desks[CITY]
    code = story.codes[LANGUAGE_TEAM.name] = await district.nominate(LANGUAGE_TEAM)
    await district.review(code)
    await district.refer(code, CITY)
    await city.give_back(code, CITY_REASON)
    await district.until("the city's reason has come", lambda: district.case_shows(code, CITY_REASON))
    await district.honour(code, "160/QĐ-PGDĐT", "cấp quận")


async def _recalled(story: Story) -> None:
    """The district thinks better of it before the city has looked."""
    district = story.desks[DISTRICT]
    code = story.codes[MANAGER.name] = await district.nominate(MANAGER)
    await district.review(code)
    await district.refer(code, CITY)
    await district.until("the case is at the city", lambda: district.case_shows(code, "Chờ tiếp nhận"))
    await district.recall(code)
    await district.until("the city gave it back", lambda: district.case_shows(code, "Đã thu về"))


async def _climb(story: Story, who: Candidate, below: str, above: str) -> None:
    """One tier up: referred, taken over, reviewed, honoured, shown."""
    code, desk = story.code(who), story.desks[above]
    await story.desks[below].refer(code, above)
    await desk.accept(code)
    await desk.review(code)
    number = NUMBERS[above].format(200 + len(story.paths))
    await desk.honour(code, number, LEVELS[above])
    story.paths[above, who.name] = await desk.release(code)
    lower = story.desks[below]
    await lower.until("those below know of the honour", lambda: lower.case_shows(code, number))


async def _withdrawn(story: Story) -> None:
    """The guardian agrees, the city shows the pupil too, then the guardian takes the word back."""
    district, city, code = story.desks[DISTRICT], story.desks[CITY], story.code(PUPIL)
    assert PUPIL.guardian is not None
    link = await district.answer(PUPIL.guardian[1], "portal", "upper")
    paths = story.paths
    paths[DISTRICT, PUPIL.name] = await district.shown(code)
    await _climb(story, PUPIL, DISTRICT, CITY)
    await district.withdraw(link)
    await district.until("it is hidden at home", lambda: district.is_(paths[DISTRICT, PUPIL.name], 410))
    await city.until("it is hidden at the city", lambda: city.is_(paths[CITY, PUPIL.name], 410))
    await district.until("the guardian reads the answer", lambda: district.receipt_shows(link, "đã gỡ lúc"))
    district.say(f"{code}: gone at both tiers, and the guardian can read when")


async def _revoked(story: Story) -> None:
    """The city takes an honour back: its page is gone, the district's waits for a person."""
    district, city = story.desks[DISTRICT], story.desks[CITY]
    code = story.codes[LIBRARIAN.name] = await district.nominate(LIBRARIAN)
    await district.review(code)
    await district.honour(code, "161/QĐ-PGDĐT", "cấp quận")
    await district.write_and_ask(code)
    await district.answer(LIBRARIAN.email, "portal", "upper")
    path = story.paths[DISTRICT, LIBRARIAN.name] = await district.shown(code)
    await _climb(story, LIBRARIAN, DISTRICT, CITY)
    await city.revoke(code, story.paths[CITY, LIBRARIAN.name])
    await district.show_again(code, path)
