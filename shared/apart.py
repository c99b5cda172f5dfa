"""Reading somebody's file in a process of its own.

Whatever a file was made to do to a library that reads it (fill the memory, never end, crash), it does to a process that
has nothing else to do and knows none of our secrets.
"""

import asyncio
import importlib
import os
import resource
import sys
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[1]
MOST_MEMORY = 1024 * 1024 * 1024
"""So many bytes of addresses a reader may ask for."""
PATIENCE = 60
"""Seconds, of the processor as well as of the clock."""
_AT_ONCE = asyncio.Semaphore(2)


class Unreadable(ValueError):
    """A file is damaged, of another kind than it says, or too much to read."""


async def read_apart(reader: str, content: bytes) -> Any:
    """What a function `module:name` of ours makes of the bytes of a file: anything that JSON can hold.

    The module should import little, for it is imported anew each time. Raises Unreadable.
    """
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "shared.apart",
            reader,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1"},
        )
        try:
            async with asyncio.timeout(PATIENCE):
                told, _ = await process.communicate(content)
        except TimeoutError:
            raise Unreadable from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        raise Unreadable
    return orjson.loads(told)


def main() -> None:
    """Read standard input as `read_apart` says, within bounds; exit code 1 for what cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, name = sys.argv[1].split(":")
    reader = getattr(importlib.import_module(module), name)
    sys.stdout.buffer.write(orjson.dumps(reader(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
