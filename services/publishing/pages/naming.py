"""Agencies by their names, as the federation file has them now."""

from collections.abc import Callable

from fastapi import Request

from shared.federation import UnknownAgency
from shared.runtime import Runtime


def name_of(request: Request) -> Callable[[str], str]:
    """Names agencies by id; one that the file does not know any more keeps its id."""
    runtime: Runtime = request.app.state.runtime

    def named(agency: str) -> str:
        try:
            return runtime.federation.agency(agency).name
        except UnknownAgency:
            return agency

    return named
