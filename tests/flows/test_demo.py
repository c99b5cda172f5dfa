"""The whole story of three tiers on real parts; every claim is checked, every planted defect is found."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import outside
from deploy.local.demo.checks import check_all
from deploy.local.demo.climb import climb
from deploy.local.demo.defects import DEFECTS, IN_DATABASES
from deploy.local.demo.facts import Facts
from deploy.local.demo.story import CITY, DISTRICT, MINISTRY, Story
from deploy.local.runner import Running
from tests.support.system import with_agencies

pytestmark = pytest.mark.flow


@pytest.mark.long
async def test_the_story_holds_and_planted_defects_are_found(tmp_path: Path) -> None:
    found: dict[str, set[str]] = {}

    async def play(running: Running) -> int:
        story = Story(running.addresses, outside.address(running.stage), lambda _line: None)
        await story.play()
        await climb(story)
        async with Facts.open(running, story) as facts:
            await facts.settle()
            found["nothing"] = {one.name for one in await check_all(facts) if not one.holds}
            for name in IN_DATABASES:
                found[name] = await _planted_and_undone(facts, name)
            for name in sorted(set(DEFECTS) - set(IN_DATABASES), reverse=True):
                await DEFECTS[name](facts)
            every = {one.name for one in await check_all(facts) if not one.holds}
            found.update(dict.fromkeys(set(DEFECTS) - set(IN_DATABASES), every))
        await story.close()
        return 0

    code, said = await with_agencies(tmp_path / "local", play, DISTRICT, CITY, MINISTRY)
    assert code == 0, said
    assert found["nothing"] == set()
    assert {name for name in DEFECTS if name not in found[name]} == set()


async def _planted_and_undone(facts: Facts, name: str) -> set[str]:
    for connection in facts.databases.values():
        # Open while all claims are checked, on a busy machine for longer than a service's own transaction may rest.
        await connection.execute("set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0")
    open_ones = [connection.transaction() for connection in facts.databases.values()]
    for one in open_ones:
        await one.start()
    try:
        await DEFECTS[name](facts)
        return {one.name for one in await check_all(facts) if not one.holds}
    finally:
        for one in open_ones:
            await one.rollback()


async def test_the_demo_command_ends_with_one_and_names_the_defect(tmp_path: Path) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", "demo", "--agencies", DISTRICT, "--local", str(tmp_path / "local")],
            env={**os.environ, "BREAK": "consent"},
            capture_output=True,
            text=True,
            check=False,
        )

    done = await asyncio.to_thread(run)
    assert (done.returncode, done.stdout.splitlines()[-3:][0].split("broken: ")[-1]) == (1, "consent"), done.stdout
