"""The web side that every service shares: correlation ids, limits, health, metrics, problems, the AsyncAPI document."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import asyncapi
from shared.clock import Clock
from shared.database import Database
from shared.fence import Fenced, public
from shared.files import MOST_BYTES
from shared.inbox.failures import is_passing
from shared.language import InLanguage
from shared.pages import Pages, make_pages
from shared.runtime import Runtime
from shared.tracing import current, start, tracing

_log = structlog.get_logger("web")

MOST_TEXT = 512 * 1024
"""The largest body of a form without files, or of a call of the API, in bytes."""
MOST_UPLOAD = MOST_BYTES + 256 * 1024
"""The largest body of a form with a file: the file, and the words beside it."""

SLOWEST = 30.0
"""How long the next piece of a body may be waited for, in seconds: a line may be bad, a connection may not be held."""

DOOR = "/door/"
"""Below it neighbours' services call, with tokens of their own: `shared.door`."""

TITLES = {
    400: ("Yêu cầu chưa đúng", "Máy chủ không đọc được yêu cầu này."),
    404: ("Không tìm thấy trang", "Trang này không có, hoặc không dành cho tài khoản của bạn."),
    405: ("Yêu cầu chưa đúng", "Địa chỉ này không nhận kiểu yêu cầu đó."),
    408: (
        "Đường truyền quá chậm",
        "Máy chủ đã chờ quá lâu mà chưa nhận đủ. Chữ vừa gõ còn ở trang trước: hãy bấm nút quay lại của trình duyệt rồi"
        " gửi lại; tệp lớn thì chọn tệp nhỏ hơn.",
    ),
    413: (
        "Nội dung gửi quá lớn",
        "Mỗi tệp tối đa 15 MB. Hãy bấm nút quay lại của trình duyệt, chọn tệp nhỏ hơn hoặc viết gọn lại, rồi gửi lại.",
    ),
    422: ("Yêu cầu chưa đúng", "Có chỗ điền chưa đúng. Hãy quay lại và sửa."),
    500: (
        "Hệ thống gặp lỗi",
        "Việc vừa làm chưa được ghi lại. Hãy báo mã dưới đây cho quản trị viên của cơ quan.",
    ),
    503: (
        "Tạm thời chưa phục vụ được",
        "Những gì đã lưu vẫn còn. Chữ vừa gõ còn ở trang trước: hãy bấm nút quay lại của trình duyệt, chờ ít phút rồi"
        " gửi lại.",
    ),
}


def get_pages(request: Request) -> Pages:
    """The service's pages."""
    found: Pages = request.app.state.pages
    return found


def get_database(request: Request) -> Database:
    """The service's database."""
    found: Database = request.app.state.runtime.database
    return found


# Not asynchronous, each would be called in another thread: dearer than all that these do.
async def _database(request: Request) -> Database:
    return get_database(request)


async def _pages(request: Request) -> Pages:
    return get_pages(request)


async def _clock(request: Request) -> Clock:
    found: Clock = request.app.state.runtime.clock
    return found


Db = Annotated[Database, Depends(_database)]
"""A route's parameter: the service's database."""
Html = Annotated[Pages, Depends(_pages)]
"""A route's parameter: the service's pages."""
Now = Annotated[Clock, Depends(_clock)]
"""A route's parameter: the clock."""


def make_app(runtime: Runtime, *, work: bool) -> FastAPI:
    """An application with everything but the service's own routes. `work`: relay and hear in this process too."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await runtime.start(work=work)
        try:
            yield
        finally:
            await runtime.stop()

    app = FastAPI(
        title=f"Gương Sáng: {runtime.service}",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/" + runtime.service + "/openapi.json",
        telemetry={"auto_configure": False},
    )
    app.state.runtime = runtime
    make_pages(runtime.folder, agency=runtime.agency.name, clock=runtime.clock).mount(app)
    app.add_middleware(Fenced)
    app.add_middleware(Bounds)
    app.add_middleware(Tracing)
    app.add_middleware(InLanguage)  # outermost: error pages have a language too
    _add_health(app, runtime)
    _add_events(app, runtime)
    _add_errors(app)
    return app


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    @app.get("/livez", include_in_schema=False, dependencies=[public()])
    async def livez() -> dict[str, bool]:
        return {"live": True}

    @app.get("/readyz", include_in_schema=False, dependencies=[public()])
    async def readyz() -> JSONResponse:
        troubles = await runtime.troubles()
        body: dict[str, Any] = {"ready": not troubles, "reasons": troubles}
        body |= {"federation": runtime.federation.version, "sha256": runtime.federation.sha256}
        body |= {"lease": runtime.relay.holds_lease, "partitions": runtime.worker.assigned}
        return JSONResponse(body, 503 if troubles else 200)

    @app.get("/metrics", include_in_schema=False, dependencies=[public()])
    async def metrics() -> Response:
        if runtime.work:  # one who only serves pages would repeat what the others tell
            await runtime.measures.take()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _add_events(app: FastAPI, runtime: Runtime) -> None:
    @app.get(f"/api/v1/{runtime.service}/asyncapi.json", include_in_schema=False, dependencies=[public()])
    async def events() -> JSONResponse:
        return JSONResponse(asyncapi.document(runtime.service, runtime.hearing.handlers))


def problem(status: int, slug: str, title: str, **more: Any) -> JSONResponse:
    """An error as problem+json (RFC 9457), with the correlation id to report."""
    body = {"type": f"/problems/{slug}", "title": title, "status": status, **more}
    body["correlation_id"] = current().correlation_id
    return JSONResponse(body, status, media_type="application/problem+json")


class Problem(Exception):
    """What the API answers instead of what was asked for; `more` are members of the problem (RFC 9457)."""

    def __init__(
        self, status: int, slug: str, title: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(title)
        self.status, self.slug, self.title, self.headers, self.more = status, slug, title, headers, more


def wants_json(request: Request) -> bool:
    """Whether the request is for the API, or for the door of neighbours, rather than for a page."""
    return request.url.path.startswith(("/api/", DOOR))


def failure(request: Request, status: int, **more: Any) -> Response:
    """The answer to what went wrong: a page, or for the API a problem whose members `more` completes."""
    title, detail = TITLES.get(status, ("Có lỗi", "Hãy thử lại."))
    if wants_json(request):
        return problem(status, **{"slug": f"http-{status}", "title": title, "detail": detail, **more})
    return get_pages(request).error(request, status, title, detail, reference=current().correlation_id)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        answer = failure(request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Problem)
    async def on_problem(_request: Request, error: Problem) -> Response:
        answer = problem(error.status, error.slug, error.title, **error.more)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        if any(one["loc"][0] == "path" for one in error.errors()):
            return failure(request, 404)  # what is no id at all names nothing, like an id that nothing has
        errors = [{"pointer": pointer(e["loc"]), "detail": e["msg"]} for e in error.errors()]
        return failure(request, 422, slug="invalid", errors=errors)


def pointer(place: tuple[Any, ...]) -> str:
    """Where in a body a mistake is (RFC 6901), from pydantic's `loc`, whose first part says `body`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place[1:])


def _on_error(request: Request, error: Exception) -> Response:
    """What nobody foresaw: 503 for what passes (the database is away), else our own mistake."""
    passing = is_passing(error)
    _log.error("request.failed", path=route_of(request), error=type(error).__name__, passing=passing, exc_info=error)
    if passing:
        answer = failure(request, 503, slug="unavailable")
        answer.headers["Retry-After"] = "30"
        return answer
    return failure(request, 500, slug="internal")


def route_of(request: Request) -> str:
    """The route's pattern, never the path itself: a path may hold a one-time link."""
    return str(getattr(request.scope.get("route"), "path", "?"))


class Tracing:
    """Gives each request a correlation id, continues a caller's trace, tells the caller, and answers what went wrong.

    The errors are answered here, so that the page, the log line and the header of one request carry the same id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        trace = start(headers.get("x-correlation-id"), headers.get("traceparent"))
        begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = (b"x-correlation-id", trace.correlation_id.encode())
                message["headers"] = [*message.get("headers", []), own]
            await send(message)

        with tracing(trace):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception as error:
                if begun:
                    raise
                await _on_error(Request(scope), error)(scope, receive, send_with_id)


class Bounds:
    """What no route has to think of: HEAD (RFC 9110, 9.3.2), bodies that are too large, and the character NUL.

    A body is measured while it is read, so that one without a length is stopped too. At the door of neighbours the
    route measures: by what each token allows.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No database takes it, so nothing can be called so.
            await failure(Request(scope), 404)(scope, receive, send)
            return
        multipart = headers.get("content-type", "").startswith("multipart/form-data")
        most, read = MOST_UPLOAD if multipart else MOST_TEXT, 0
        told = headers.get("content-length", "")

        async def measured() -> Message:
            nonlocal read
            if told.isdecimal() and int(told[:20]) > most:
                raise HTTPException(413)
            try:
                async with asyncio.timeout(SLOWEST):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        body = receive if scope["path"].startswith(DOOR) else measured

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        if scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, body, without_body)
        else:
            await self.app(scope, body, send)
