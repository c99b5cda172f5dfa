"""The toy as a command line, made as every service makes its own: `python -m tests.support.toy_service SERVICE …`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.commands import make_commands
from shared.events import CATALOGUE
from shared.runtime import Runtime
from tests.support import toy


def _application(_parts: Runtime, _work: bool) -> FastAPI:
    return FastAPI()


if __name__ == "__main__":
    CATALOGUE.update(toy.ALL)
    service = sys.argv.pop(1)
    make_commands(service, Path("services", service), toy.HANDLERS, _application)()
