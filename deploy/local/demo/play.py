"""Plays the story on a system that is ready, then checks what it claims."""

import os
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from deploy.local import outside
from deploy.local.demo import defects
from deploy.local.demo.checks import check_all
from deploy.local.demo.climb import climb
from deploy.local.demo.facts import Facts
from deploy.local.demo.people import Unexpected
from deploy.local.demo.story import CITY, DISTRICT, MINISTRY, Story

if TYPE_CHECKING:
    from deploy.local.runner import Running


async def demo(running: "Running") -> int:
    """Play, check, print; 0 when every claim holds, else 1 naming those that do not. `BREAK` plants a defect first."""
    console = Console(soft_wrap=True)
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:6.1f} s[/]  {line}", highlight=False)

    addresses = {agency: running.addresses[agency] for agency in running.agencies}
    tiers = set(addresses) >= {DISTRICT, CITY, MINISTRY}
    planted = os.environ.get("BREAK", "")
    known = [name for name in defects.DEFECTS if tiers or name not in defects.ACROSS_TIERS]
    if planted and planted not in known:
        sys.stderr.write(f"BREAK={planted}: choose one of {', '.join(known)}\n")
        return 2
    if DISTRICT not in addresses:
        sys.stderr.write(f"the story begins at {DISTRICT}: AGENCIES must name it\n")
        return 2
    story = Story(addresses, outside.address(running.stage), say)
    try:
        await story.play()
        if tiers:
            await climb(story)
        async with Facts.open(running, story) as facts:
            await facts.settle()
            if planted:
                say(f"planting the defect «{planted}»")
                await defects.DEFECTS[planted](facts)
            findings = await check_all(facts)
    except Unexpected as error:
        console.print(f"the story stopped: {error}", highlight=False)
        return 1
    finally:
        await story.close()
    table = Table("claim", "holds", "seen", title="What the demo claims", title_justify="left", show_edge=False)
    for finding in findings:
        table.add_row(finding.claim, "yes" if finding.holds else "NO", finding.seen)
    console.print(table)
    broken = [finding.name for finding in findings if not finding.holds]
    console.print(f"broken: {', '.join(broken)}" if broken else "every claim holds", highlight=False)
    return 1 if broken else 0
