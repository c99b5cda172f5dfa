"""HTML pages of a service: templates, static files, and how dates, numbers and states read in Vietnamese.

A service's own templates win over `shared/templates/`, where the two shells (`desk.html`, `light.html`), the error
page and the macros (`forms.html`, `parts.html`, `lists.html`) lie. Pages carry a content security policy without inline
script or style; scripts carry the nonce of their page, and no page needs them.
"""

import gzip
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from shared.cells import make_cells
from shared.clock import Clock
from shared.formats import day, day_in_words, file_size, in_vietnamese, moment, number, percent, time_of_day
from shared.identity import form_tokens
from shared.identity.people import ROLE_NAMES, Person
from shared.language import LANGUAGES, base_of, language, translate, translate_count
from shared.looks import MENU, STATES, Entry, Section
from shared.policy import Rights
from shared.static_files import StaticFiles

HERE = Path(__file__).parent
SEARCHED = {
    "/de-cu": "/de-cu/ho-so",
    "/xet-duyet": "/xet-duyet/ho-so",
    "/lan-toa": "/lan-toa/bai",
    "/thong-bao": "/thong-bao",
}
"""The services that answer `/tim`, each with the list that whoever may search there may open."""
LEAST_PRESSED = 1_000
"""Bytes below which compressing a page gains nothing."""
QUICKLY = 4
"""How hard a page is compressed that only one person is sent."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def headers_with(nonce: str) -> dict[str, str]:
    """The headers of a page whose scripts carry that nonce, and that may fetch parts of itself."""
    policy = HEADERS["Content-Security-Policy"] + f"; script-src 'nonce-{nonce}'; connect-src 'self'"
    return {**HEADERS, "Content-Security-Policy": policy}


@dataclass(frozen=True)
class Site:
    """What every page says of where it stands: the agency's full name and the domain clock."""

    agency: str
    clock: Clock

    @property
    def shifted(self) -> bool:
        """Whether the domain clock is moved; the page then says so."""
        return self.clock.shifted

    @property
    def today(self) -> date:
        """The domain's date in Vietnam."""
        return self.clock.today()

    @property
    def now(self) -> datetime:
        """Domain time."""
        return self.clock.now()


class Pages:
    """Renders the templates of one service."""

    def __init__(self, environment: Environment, site: Site, menu: Sequence[Section], static: StaticFiles) -> None:
        self.environment = environment
        self.static = static
        self.site = site
        self.menu = tuple(menu)

    def render(
        self,
        request: Request,
        name: str,
        *,
        status_code: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """The page `name` with `context`; `errors` (field → message) and `person` are always there.

        The person is whoever the route asked for (`SignedIn`); without one the page is a public one. Raises
        jinja2.UndefinedError when the template needs what `context` lacks.
        """
        person: Person | None = getattr(request.state, "person", None)
        shown = visible(self.menu, person, self.site.today) if person else ()
        here = _here(shown, request.url.path)
        # Who is not signed in gets no script: the page stays the same bytes for everybody.
        nonce = secrets.token_urlsafe(16) if person else ""
        text = self.environment.get_template(name).render(
            {
                "errors": {},
                "person": person,
                "site": self.site,
                "menu": shown,
                "bar": shortcuts(shown, person, self.site.today) if person else (),
                "here": here.path if here else None,
                "here_section": here.section if here else None,
                "search_path": search_path(shown, request.url.path),
                "other_language": other_language(request),
                "base": base_of(request.scope),
                "nonce": nonce,
                **context,
            }
        )
        cache = {"Cache-Control": "private, no-cache" if person else "no-cache"}
        told = {**(headers_with(nonce) if nonce else HEADERS), **cache, **(headers or {})}
        if not person:
            return HTMLResponse(text, status_code, told)  # what is kept of it is compressed once, there
        known = form_tokens.value_of(request)
        value = known or form_tokens.new_value()
        body = form_tokens.put_into(text, value).encode()
        response = HTMLResponse(_pressed(request, body, told), status_code, told)
        if not known:
            form_tokens.keep(response, value)
        return response

    def error(
        self,
        request: Request,
        status_code: int,
        title: str,
        detail: str = "",
        *,
        actions: Sequence[tuple[str, str]] = (("Về trang đầu", "/"),),
        reference: str = "",
    ) -> HTMLResponse:
        """The error page: what went wrong, where to go on (label, path), and a code to report (the correlation id)."""
        return self.render(
            request,
            "error.html",
            status_code=status_code,
            title=title,
            detail=detail,
            actions=[(label, (base_of(request.scope) + href).rstrip("/") or "/") for label, href in actions],
            reference=reference,
        )

    def mount(self, app: Starlette) -> None:
        """Serve `/static/…` from this process and let `app.state.pages` be these pages."""
        app.router.routes.append(Route("/static/{name}", self.static.answer))
        app.state.pages = self


def environment(folders: Sequence[Path]) -> Environment:
    """How every template is read: escaped, strict about what is missing, translated by `_` and `{% trans %}`."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    # Not the new style: it would take every text that passes through `_` for safe HTML, a visitor's too.
    made.install_gettext_callables(translate, translate_count, newstyle=False)  # type: ignore[attr-defined]
    made.globals["_"] = translate
    made.filters |= {"vi": in_vietnamese, "translated": translate}
    made.globals["language"] = language
    return made


def make_pages(
    service_folder: Path, *, agency: str, clock: Clock | None = None, menu: Sequence[Section] = MENU
) -> Pages:
    """The pages of the service whose code lies in `service_folder`; `agency` is its agency's full name."""
    made = environment([service_folder / "templates", HERE / "templates"])
    made.filters |= {
        "date": day,
        "date_words": day_in_words,
        "moment": moment,
        "time": time_of_day,
        "number": number,
        "percent": percent,
        "file_size": file_size,
        "role_name": lambda role: translate(ROLE_NAMES[role]),
    }
    static = StaticFiles()
    made.filters["cell"] = make_cells(made)
    made.globals |= {"static": static.address, "states": STATES}
    return Pages(made, Site(agency, clock or Clock()), menu, static)


def _pressed(request: Request, body: bytes, headers: dict[str, str]) -> bytes:
    """The body as the browser takes it; `headers` say how it comes."""
    if len(body) < LEAST_PRESSED:
        return body
    headers["Vary"] = "Accept-Encoding"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return body
    headers["Content-Encoding"] = "gzip"
    return gzip.compress(body, QUICKLY, mtime=0)


def visible(menu: Sequence[Section], person: Person, on: date) -> tuple[Section, ...]:
    """The part of the menu that this person may open on that day."""
    rights = Rights(person, on)
    shown = [
        Section(section.label, tuple(entry for entry in section.entries if rights.opens(entry.act))) for section in menu
    ]
    return tuple(section for section in shown if section.entries)


def shortcuts(menu: Sequence[Section], person: Person, on: date) -> tuple[Entry, ...]:
    """The phone's bottom bar beside «Thêm».

    The first of Việc, of Đề cử, and of Xét duyệt or, for an editor, Lan tỏa.
    """
    firsts = [section.entries[0] for section in menu]
    if len(firsts) > 3 and person.holds("editor", on):
        firsts[2] = firsts[3]
    return tuple(firsts[:3])


def search_path(menu: Sequence[Section], path: str) -> str | None:
    """Where the search box of a page asks: its own service, or the first where the person may search."""
    shown = {entry.path for section in menu for entry in section.entries}
    parts = [part for part, opened in SEARCHED.items() if opened in shown]
    own = f"/{path.split('/')[1]}"
    found = own if own in parts else next(iter(parts), None)
    return f"{found}/tim" if found else None


def other_language(request: Request) -> tuple[str, str, str]:
    """The way to this page in the other language: (address, its code, its name)."""
    name = next(name for name in LANGUAGES if name != language())
    # A path that begins with two slashes would be another site's address.
    path = "/" + quote(request.scope["path"]).lstrip("/")
    if base_of(request.scope):  # a fixed copy: the path alone decides
        return path, name, LANGUAGES[name]
    if request.method != "GET":
        return f"/viec?lang={name}", name, LANGUAGES[name]
    return f"{path}?{request.url.include_query_params(lang=name).query}", name, LANGUAGES[name]


def _here(menu: Sequence[Section], path: str) -> Entry | None:
    entries = [e for section in menu for e in section.entries if path == e.path or path.startswith(f"{e.path}/")]
    return max(entries, key=lambda entry: len(entry.path), default=None)
