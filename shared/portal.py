"""What the public pages of all services share: their shell (`portal.html`), and that the path alone decides.

The same address gives the same page to everybody: no cookie, nobody's name, no script. Below `/en` lies a fixed English
copy of each, whose links stay there.
"""

from typing import Any

from fastapi import Depends, Request
from starlette.responses import HTMLResponse

from shared.fence import Public
from shared.language import ENGLISH, LANGUAGES, VIETNAMESE, base_of, speak_by_path
from shared.pages import Pages


class PublicAnswer(Public):
    """Said by a route of the portal: for everybody, in the language of its path."""

    async def __call__(self, request: Request) -> None:
        """Put up the fence."""
        await super().__call__(request)
        speak_by_path(request.scope)


def public_answer() -> Any:
    """For a route's `dependencies`."""
    return Depends(PublicAnswer())


def show(
    request: Request,
    pages: Pages,
    name: str,
    *,
    path: str,
    indexed: bool = True,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The template `name`, which extends `portal.html`. `path` is the page's one address, without the copy's `/en`.

    `indexed`: whether search engines may list it.
    """
    base = base_of(request.scope)
    name_there = VIETNAMESE if base else ENGLISH
    there = path if base else f"/{ENGLISH}{path}".rstrip("/")
    return pages.render(
        request,
        name,
        status_code=status_code,
        headers=headers,
        address=request.app.state.runtime.settings.address,
        base=base,
        path=path,
        other=(there, name_there, LANGUAGES[name_there]),
        indexed=indexed,
        **context,
    )
