"""One agency whose people have already worked: the demo's story, one case that is being marked, nothing else."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import outside
from deploy.local.demo.candidates import LIBRARIAN, PUPIL, TEACHER
from deploy.local.demo.story import DISTRICT, Story
from tests.support.system import system

DRAFTED = {"title": "Kế hoạch nêu gương năm học mới", "issuer": "Phòng Giáo dục và Đào tạo", "period": "2024-2025"}
"""What an officer has begun to write."""


@dataclass(frozen=True)
class Town:
    """A running agency: it and its mailbox, who may sign in, an honoured and a waiting case, a story's page.

    `pupil` is the code of a pupil whose own word is there and whose guardian was asked.
    """

    address: str
    sinks: str
    accounts: tuple[str, ...]
    code: str
    waiting: str
    story: str
    pupil: str


@contextmanager
def built(folder: Path) -> Iterator[Town]:
    """The agency for as long as it is needed."""
    with system(folder, DISTRICT) as running:
        story = Story({DISTRICT: running.addresses[DISTRICT]}, outside.address(running.stage), lambda _line: None)

        async def play() -> str:
            try:
                await story.play()
                await story.desks[DISTRICT].come_in("can-bo")
                await story.desks[DISTRICT].people["can-bo"].post("/de-cu/ke-hoach/moi", DRAFTED)
                return await story.desks[DISTRICT].nominate(LIBRARIAN)
            finally:
                await story.close()

        waiting = asyncio.run(play())
        names = tuple(one.name for one in running.accounts if one.agency == DISTRICT)
        shown = story.paths[DISTRICT, TEACHER.name]
        codes = story.code(TEACHER), waiting, shown, story.code(PUPIL)
        yield Town(running.addresses[DISTRICT], story.sinks, names, *codes)
