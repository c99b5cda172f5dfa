"""The language of a request, and what is said in it. Vietnamese is written in the code; `locale/` holds the others.

gettext with the Vietnamese sentence as message id. The catalogues are read from their `.po` files at start: there is no
compiled file to forget. Templates translate with `{% trans %}` and `_()`; their macros translate the labels they are
given. Rules `say` (shared.wording) and are translated where they are shown. What people wrote is never translated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup, escape
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.wording import Said

VIETNAMESE, ENGLISH = "vi", "en"
LANGUAGES = {VIETNAMESE: "Tiếng Việt", ENGLISH: "English"}
"""The first is what everybody gets who asked for nothing, or for what we do not have."""

COOKIE = "__Host-gs-lang"
_KEPT = 365 * 24 * 3600
_PREFIX = f"/{ENGLISH}"
LOCALE = Path(__file__).parent / "locale"

_current: ContextVar[str] = ContextVar("language", default=VIETNAMESE)


def language() -> str:
    """The language of the request at hand: `vi` or `en`."""
    return _current.get()


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Say everything inside in that language; an unknown one is Vietnamese."""
    token = _current.set(name if name in LANGUAGES else VIETNAMESE)
    try:
        yield
    finally:
        _current.reset(token)


@cache
def catalogue(name: str) -> Catalog:
    """The messages of a language other than Vietnamese. Raises FileNotFoundError."""
    with (LOCALE / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=name)


@cache
def _sentences(name: str) -> dict[str, str]:
    return {
        message.id: message.string
        for message in catalogue(name)
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


def translate(text: str, /, **values: object) -> str:
    """A sentence in the language of the request, its gaps `{name}` filled; what the catalogue lacks stays Vietnamese.

    A gap that is filled with a sentence of ours is translated too. Safe HTML passes unchanged, so that a macro may
    translate whatever label it is given.
    """
    if isinstance(text, Markup):
        return text
    if isinstance(text, Said):
        wording, values = text.wording, {**text.gaps, **values}
        return translate(wording, **values)
    if language() != VIETNAMESE:
        text = _sentences(language()).get(text, text)
    values = {name: translate(value) if isinstance(value, Said) else value for name, value in values.items()}
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text).format(**values)  # what is not safe itself is escaped
    return text.format(**values) if values else text


def translate_count(one: str, many: str, count: int) -> str:
    """For `{% pluralize %}`: Vietnamese has one form, so the catalogue's plural is found by the singular."""
    if language() == VIETNAMESE:
        return one
    found = catalogue(language()).get((one, many))
    forms = found.string if found and isinstance(found.string, tuple) else (one, many)
    return forms[0 if count == 1 else 1]


class InLanguage:
    """Middleware: each request has a language; `?lang=` chooses and is remembered in a cookie.

    Below `/en/` lie the portal's fixed English copies: the path alone decides there, so that the bytes of a public page
    never vary by cookie.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen = _asked(scope)

        async def remembering(message: Message) -> None:
            if message["type"] == "http.response.start" and chosen:
                cookie = f"{COOKIE}={chosen}; Max-Age={_KEPT}; Path=/; Secure; HttpOnly; SameSite=Lax"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        path = scope["path"]
        if path == _PREFIX or path.startswith(_PREFIX + "/"):
            scope = {**scope, "path": path.removeprefix(_PREFIX) or "/", "copy": ENGLISH}
            scope["raw_path"] = scope["path"].encode()
            with speaking(ENGLISH):
                await self.app(scope, receive, send)
            return
        with speaking(chosen or _remembered(scope)):
            await self.app(scope, receive, remembering)


def base_of(scope: Scope) -> str:
    """What the paths of the portal's copy at hand begin with: nothing, or `/en`."""
    return _PREFIX if scope.get("copy") else ""


def speak_by_path(scope: Scope) -> None:
    """Say the rest of this request in the language of its path alone, whatever a cookie or `?lang=` says."""
    _current.set(scope.get("copy", VIETNAMESE))


def _asked(scope: Scope) -> str | None:
    if b"lang=" not in scope["query_string"]:
        return None
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
    return asked if asked in LANGUAGES else None


def _remembered(scope: Scope) -> str:
    for line in Headers(scope=scope).getlist("cookie"):
        if COOKIE in line:
            try:
                found = SimpleCookie(line).get(COOKIE)
            except ValueError:
                continue
            return found.value if found else VIETNAMESE
    return VIETNAMESE
