"""What an application makes of its sources at its first requests, made once for all applications of a run.

Compiling templates and reading the signatures of routes took half of the time of every test that asks a page.
"""

from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Compiled(BytecodeCache):
    """Compiled templates by their source."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Called by jinja."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Called by jinja."""
        self._code[bucket.key] = bucket.bytecode_to_string()


_templates = _Compiled()
_routes: dict[tuple[str, int, str], _IncludedRouter] = {}
"""By service, router (its id: what is kept here keeps the router, too) and prefix."""


def share(service: str, app: FastAPI) -> None:
    """Let a new application of a service use what earlier ones made."""
    app.state.pages.environment.bytecode_cache = _templates
    for included in app.router.routes:
        if isinstance(included, _IncludedRouter):
            place = (service, id(included.original_router), included.include_context.prefix)
            first = _routes.setdefault(place, included)
            included._effective_candidates = first.effective_candidates()
            included._effective_candidates_version = first._effective_candidates_version
