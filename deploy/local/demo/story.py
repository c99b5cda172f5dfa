"""What happens in the district: one teacher honoured and shown, one team returned, corrected, shown and revoked, one
pupil who waits for a guardian, one teacher declined. With the tiers above it goes on in `climb`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.local.demo.candidates import DECLINED, PUPIL, RETURN_REASON, TEACHER, TEAM, Candidate
from deploy.local.demo.desk import OFFICE, SCHOOLS, Desk
from deploy.local.demo.people import Unexpected

DISTRICT, CITY, MINISTRY = "tan-binh", "hcm", "moet"


@dataclass
class Story:
    """The play and what it leaves behind: which code each candidate got, at which path each story stands where.

    `addresses` are those of the agencies that play, the district first.
    """

    addresses: Mapping[str, str]
    sinks: str
    say: Callable[[str], None]
    codes: dict[str, str] = field(default_factory=dict)
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    """By agency and candidate."""
    desks: dict[str, Desk] = field(init=False)

    def __post_init__(self) -> None:
        self.desks = {
            agency: Desk(address, self.sinks, self._sayer(agency)) for agency, address in self.addresses.items()
        }

    async def play(self) -> None:
        """From the first word to the last. Raises Unexpected."""
        desk = self.desks[DISTRICT]
        await desk.come_in(*SCHOOLS, *OFFICE)
        self.say(f"{len(desk.people)} people signed in")
        for candidate in (TEACHER, TEAM, PUPIL, DECLINED):
            self.codes[candidate.name] = await desk.nominate(candidate)
        await desk.return_and_correct(self.code(TEAM), TEAM, RETURN_REASON)
        for number, candidate in enumerate((TEACHER, TEAM, PUPIL)):
            await desk.review(self.code(candidate))
            await desk.honour(self.code(candidate), f"{150 + number}/QĐ-PGDĐT", "cấp quận")
        await desk.review(self.code(DECLINED), ("disagree", "disagree", "agree"))
        for candidate in (TEACHER, TEAM, PUPIL):
            await desk.write_and_ask(self.code(candidate))
        await desk.answer(TEACHER.email, "portal", "press", "upper")
        await desk.answer(TEAM.email, "portal", "press")
        await desk.answer(PUPIL.email, "portal", "upper")
        for candidate in (TEACHER, TEAM):
            self.paths[DISTRICT, candidate.name] = await desk.shown(self.code(candidate))
        await desk.hold_and_resume(self.code(TEACHER), self.paths[DISTRICT, TEACHER.name])
        await desk.revoke(self.code(TEAM), self.paths[DISTRICT, TEAM.name])
        await self._pupil_waits()

    async def close(self) -> None:
        """Everybody closes their browser."""
        for desk in self.desks.values():
            await desk.close()

    def code(self, who: Candidate) -> str:
        """The code of a candidate's file."""
        return self.codes[who.name]

    def _sayer(self, agency: str) -> Callable[[str], None]:
        return lambda line: self.say(f"{agency:9} {line}")

    async def _pupil_waits(self) -> None:
        code, desk = self.code(PUPIL), self.desks[DISTRICT]
        editor, path = desk.people["bien-tap"], f"/lan-toa/bai/{self.code(PUPIL)}"
        await desk.until("one word is there", lambda: desk.page_has(editor, path, "Đồng ý"))
        if "Chờ đồng ý" not in (await editor.get(path)).text:
            raise Unexpected("the pupil's story does not wait for the guardian")
        desk.say(f"{code}: the child agreed, the guardian has not: unpublished")
