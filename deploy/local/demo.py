"""The demo's story, played against a running system. Written later; the runner only needs what stands here."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.runner import Running

WRITTEN = False
"""Whether there is a story to play; until then the command says so and starts nothing."""


async def demo(running: "Running") -> int:
    """Play the story against a system that is ready, check its own claims, and return the exit code."""
    raise NotImplementedError(f"no story yet for {', '.join(running.addresses)}")
