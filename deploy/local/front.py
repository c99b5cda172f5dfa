"""The front: one address per agency, and behind it the four services by path (one process for all agencies here).

It keeps nothing and decides nothing but where a request goes. What it forwards carries `X-Forwarded-For`, `-Host` and
`-Proto` of its own; such headers from outside are dropped. A service that is down or breaks off gives a page that says
so. It speaks through a bare transport: a client object would keep one visitor's cookies and send them for the next.
Run as `python -m deploy.local.front CONFIG` with a JSON file as `Front` describes it.
"""

import html
import json
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from deploy.local.ports import LOOPBACK
from shared.events import SERVICES
from shared.language import ENGLISH

PREFIXES = {
    "/de-cu": "nomination",
    "/gioi-thieu": "nomination",
    "/lich": "nomination",
    "/tra-loi": "nomination",
    "/xet-duyet": "review",
    "/xac-minh": "review",
    "/phan-anh/khen-thuong": "review",
    "/y-kien": "review",
    "/door/nomination": "nomination",
    "/door/review": "review",
    "/viec": "notification",
    "/thong-bao": "notification",
    "/vao": "notification",
    "/ra": "notification",
    "/phien": "notification",
    **{f"/api/v1/{service}": service for service in SERVICES},
}
"""Who serves a path; the longest prefix counts."""
EVERYTHING_ELSE = "publishing"
PRIVATE = frozenset({"/livez", "/readyz", "/metrics"})
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "proxy-connection"}
)
FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
TIMEOUT = httpx2.Timeout(connect=3, read=120, write=120, pool=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Front:
    """Where the front listens, and where each agency's services are: `{"tan-binh": {"review": "127.0.0.1:20001"}}`."""

    port: int
    agencies: Mapping[str, Mapping[str, str]]
    host: str = LOOPBACK

    @classmethod
    def load(cls, path: Path) -> "Front":
        """Read the JSON file."""
        return cls(**json.loads(path.read_text()))


def service_of(path: str) -> str:
    """The service that a (decoded) path belongs to; the English copy of a page lies where the page does."""
    if path.startswith(f"/{ENGLISH}/"):
        path = path.removeprefix(f"/{ENGLISH}")
    fit = [prefix for prefix in PREFIXES if path == prefix or path.startswith(prefix + "/")]
    return PREFIXES[max(fit, key=len)] if fit else EVERYTHING_ELSE


def make_app(front: Front) -> Starlette:
    """The front as an ASGI application."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
        async with httpx2.AsyncHTTPTransport(limits=limits, trust_env=False) as transport:
            app.state.transport = transport
            yield

    async def answer(request: Request) -> Response:
        host = (request.headers.get("host") or "").rpartition(":")[0] or request.headers.get("host") or ""
        agency = host.lower().removesuffix(".localhost")
        path = request.scope["path"]
        if agency in ("localhost", LOOPBACK):
            return _own_page(front, path)
        if agency not in front.agencies:
            return _page(404, "Không có địa chỉ này", "Không có cơ quan nào ở địa chỉ này.")
        if path.rstrip("/") in PRIVATE:
            return _page(404, "Không có trang này", "Địa chỉ này không có trang nào.")
        if any(part in (".", "..") for part in path.split("/")):
            return _page(400, "Địa chỉ không hợp lệ", "Địa chỉ này có dạng không được nhận.")
        place = front.agencies[agency].get(service_of(path))
        return _down(503) if place is None else await _forward(request, place)

    return Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)], lifespan=life)


async def _forward(request: Request, place: str) -> Response:
    """Send the request on, and its answer back, both as they come."""
    transport: httpx2.AsyncHTTPTransport = request.app.state.transport
    query = request.scope["query_string"]
    path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    onward = httpx2.Request(
        request.method,
        f"http://{place}/",
        headers=_headers(request),
        content=request.stream() if has_body else None,
        extensions={"timeout": TIMEOUT.as_dict(), "target": path + (b"?" + query if query else b"")},
    )
    try:
        reply = await transport.handle_async_request(onward)
    except (httpx2.ConnectError, httpx2.ConnectTimeout):
        return _down(503)
    except ClientDisconnect:
        return Response(status_code=499)
    except httpx2.HTTPError as error:
        log.warning("%s broke off: %s", place, type(error).__name__)
        return _down(502)
    answer = StreamingResponse(_body(reply), status_code=reply.status_code)
    answer.raw_headers = [(k.lower(), v) for k, v in reply.headers.raw if k.decode("latin-1").lower() not in HOP_BY_HOP]
    return answer


async def _body(reply: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in reply.aiter_raw():
            yield chunk
    finally:
        await reply.aclose()


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    named = {word.strip().lower() for word in request.headers.get("connection", "").split(",")}
    dropped = HOP_BY_HOP | FORWARDED | named
    kept = [(k, v) for k, v in request.headers.raw if k.decode("latin-1").lower() not in dropped]
    client = request.client.host if request.client else LOOPBACK
    return [
        *kept,
        (b"x-forwarded-for", client.encode()),
        (b"x-forwarded-host", request.headers.get("host", "").encode("latin-1")),
        (b"x-forwarded-proto", request.url.scheme.encode()),
    ]


def _own_page(front: Front, path: str) -> Response:
    """What stands at localhost itself: health for the runner, and the agencies' addresses for a person."""
    if path in ("/livez", "/readyz"):
        return JSONResponse({"ready": True})
    places = [f"http://{agency}.localhost:{front.port}/" for agency in front.agencies]
    links = "".join(f'<li><a href="{html.escape(place)}">{html.escape(place)}</a></li>' for place in places)
    return _page(404, "Gương Sáng", "Mỗi cơ quan có một địa chỉ riêng:", f"<ul>{links}</ul>")


def _down(status: int) -> Response:
    page = _page(
        status,
        "Đang bảo trì",
        "Phần này tạm thời chưa trả lời. Những gì bạn đã lưu vẫn còn nguyên. Vui lòng thử lại sau ít phút.",
    )
    page.headers["retry-after"] = "5"
    return page


def _page(status: int, title: str, text: str, more: str = "") -> HTMLResponse:
    body = (
        '<!doctype html><html lang="vi"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title>"
        "<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;"
        f"color:#1f2937}}a{{color:#0b5cad}}</style><h1>{title}</h1><p>{text}</p>{more}</html>"
    )
    return HTMLResponse(body, status_code=status, headers={"cache-control": "no-store"})


def main() -> None:
    """Serve the configuration named on the command line."""
    front = Front.load(Path(sys.argv[1]))
    uvicorn.run(
        make_app(front),
        host=front.host,
        port=front.port,
        log_level="warning",
        access_log=False,  # paths may hold one-time links
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
