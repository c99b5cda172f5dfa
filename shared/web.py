"""The web side that every service shares: correlation ids, health, metrics, problems, the AsyncAPI document."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.clock import Clock
from shared.database import Database
from shared.pages import Pages, make_pages
from shared.runtime import Runtime
from shared.tracing import current, start, tracing

_log = structlog.get_logger("web")

TITLES = {
    400: ("Yêu cầu chưa đúng", "Máy chủ không đọc được yêu cầu này."),
    404: ("Không tìm thấy trang", "Trang này không có, hoặc không dành cho tài khoản của bạn."),
    405: ("Yêu cầu chưa đúng", "Địa chỉ này không nhận kiểu yêu cầu đó."),
    413: ("Tệp quá lớn", "Hãy chọn tệp nhỏ hơn rồi gửi lại."),
    422: ("Yêu cầu chưa đúng", "Có chỗ điền chưa đúng. Hãy quay lại và sửa."),
    503: ("Tạm thời chưa phục vụ được", "Hãy thử lại sau ít phút. Những gì đã lưu vẫn còn."),
}


def get_database(request: Request) -> Database:
    """The service's database, for a route."""
    found: Database = request.app.state.runtime.database
    return found


def get_pages(request: Request) -> Pages:
    """The service's pages, for a route."""
    found: Pages = request.app.state.pages
    return found


def get_clock(request: Request) -> Clock:
    """The clock, for a route."""
    found: Clock = request.app.state.runtime.clock
    return found


Db = Annotated[Database, Depends(get_database)]
Html = Annotated[Pages, Depends(get_pages)]
Now = Annotated[Clock, Depends(get_clock)]


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
    app.add_middleware(Tracing)
    _add_health(app, runtime)
    _add_errors(app)
    return app


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, bool]:
        return {"live": True}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        troubles = await runtime.troubles()
        body: dict[str, Any] = {"ready": not troubles, "reasons": troubles}
        body |= {"federation": runtime.federation.version, "sha256": runtime.federation.sha256}
        body |= {"lease": runtime.relay.holds_lease, "partitions": runtime.worker.assigned}
        return JSONResponse(body, 503 if troubles else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def problem(status: int, slug: str, title: str, **more: Any) -> JSONResponse:
    """An error as problem+json (RFC 9457), with the correlation id to report."""
    body = {"type": f"/problems/{slug}", "title": title, "status": status, **more}
    body["correlation_id"] = current().correlation_id
    return JSONResponse(body, status, media_type="application/problem+json")


def wants_json(request: Request) -> bool:
    """Whether the request is for the API rather than for a page."""
    return request.url.path.startswith("/api/")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        title, detail = TITLES.get(error.status_code, ("Có lỗi", "Hãy thử lại."))
        if wants_json(request):
            return problem(error.status_code, f"http-{error.status_code}", title, detail=str(error.detail))
        reference = current().correlation_id
        return get_pages(request).error(request, error.status_code, title, detail, reference=reference)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        title, detail = TITLES[422]
        if wants_json(request):
            errors = [{"pointer": "/" + "/".join(map(str, e["loc"][1:])), "detail": e["msg"]} for e in error.errors()]
            return problem(422, "invalid", title, errors=errors)
        return get_pages(request).error(request, 422, title, detail, reference=current().correlation_id)

    @app.exception_handler(Exception)
    async def on_any(request: Request, error: Exception) -> Response:
        _log.error("request.failed", path=route_of(request), error=type(error).__name__, exc_info=error)
        title, detail = TITLES[503]
        if wants_json(request):
            return problem(503, "unavailable", title, detail=detail)
        return get_pages(request).error(request, 503, title, detail, reference=current().correlation_id)


def route_of(request: Request) -> str:
    """The route's pattern, never the path itself: a path may hold a one-time link."""
    return str(getattr(request.scope.get("route"), "path", "?"))


class Tracing:
    """Gives each request a correlation id, continues a caller's trace, and tells the caller."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        trace = start(headers.get(b"x-correlation-id"), headers.get(b"traceparent"))

        async def send_with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-correlation-id", trace.correlation_id.encode()),
                ]
            await send(message)

        with tracing(trace):
            await self.app(scope, receive, send_with_id)


Route = Callable[..., Awaitable[Response]]
