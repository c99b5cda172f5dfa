"""Reading from other agencies' addresses, over real connections."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from shared import outside
from shared.outside import Answer
from tests.support.doors import free_port, listening

pytestmark = pytest.mark.db


async def name(request: Request) -> Response:
    return PlainTextResponse(request.headers["host"])


async def elsewhere(_request: Request) -> Response:
    return RedirectResponse("/name")


APP = Starlette(routes=[Route("/name", name), Route("/elsewhere", elsewhere)])


async def test_a_local_name_is_this_machine_and_the_listener_is_called_by_it() -> None:
    async with listening(APP, free_port()) as port:
        address = f"http://tan-binh.localhost:{port}"
        called = f"tan-binh.localhost:{port}".encode()
        assert await outside.get(address, "/name", most=100) == Answer(200, called)
        with pytest.raises(outside.TooLarge, match="more than 5 bytes"):
            await outside.get(address, "/name", most=5)


async def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nor is a proxy of the environment asked
    async with listening(APP, free_port()) as port:
        assert await outside.get(f"http://localhost:{port}", "/elsewhere", most=100) == Answer(307, b"")
