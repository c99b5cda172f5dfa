"""Whole agencies for one test: started as `make run` starts it, stopped at the end."""

import io
from datetime import date
from pathlib import Path

from rich.console import Console

from deploy.local.runner import Options, Play, Runner
from deploy.local.state import Local

FEDERATION = Path("deploy/federations/2023.toml")
DAY = date(2024, 10, 15)


async def with_agencies(folder: Path, play: Play, *agencies: str) -> tuple[int, str]:
    """Start the agencies, play on them, stop them; returns what `play` returned and what the runner said."""
    local = Local(folder)
    local.acquire()
    said = io.StringIO()
    try:
        runner = Runner(Options(folder, agencies, FEDERATION, None, DAY), local, Console(file=said, width=200))
        return await runner.run(play), said.getvalue()
    finally:
        local.release()
