"""The second check of what a form sends: a value of this browser that only pages of this very address can tell.

A cookie that no other host can set (`__Host-`) holds it; every form of a signed-in page carries it, masked anew for
each page so that a compressed page tells nothing of it. It is the browser's, not the session's: a form outlives an
ended session.
"""

import base64
import binascii
import hmac
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

FORM_COOKIE = "__Host-gs-phieu"
FIELD = "_phieu"
_BYTES = 16
_FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')


def new_value() -> str:
    """A value for a browser that has none: 128 bits."""
    return secrets.token_urlsafe(_BYTES)


def masked(value: str) -> str:
    """The value as a page carries it, another text each time. Raises ValueError for what is no such value."""
    secret, mask = _bytes(value), secrets.token_bytes(_BYTES)
    return _text(mask + bytes(one ^ other for one, other in zip(secret, mask, strict=True)))


def is_of(value: str, carried: str) -> bool:
    """Whether a form carries this browser's value."""
    try:
        told, secret = _bytes(carried, 2 * _BYTES), _bytes(value)
    except ValueError:
        return False
    return hmac.compare_digest(bytes(a ^ b for a, b in zip(told[:_BYTES], told[_BYTES:], strict=True)), secret)


def value_of(request: Request) -> str | None:
    """The browser's value, if it has one that can be read."""
    value = request.cookies.get(FORM_COOKIE, "")
    try:
        _bytes(value)
    except ValueError:
        return None
    return value


def put_into(page: str, value: str) -> str:
    """The page with the value in each of its forms that change something."""
    field = f'<input type="hidden" name="{FIELD}" value="{masked(value)}">'
    return _FORM.sub(lambda found: found[0] + field, page)


def keep(response: Response, value: str) -> None:
    """Give the browser its value, for as long as it is open."""
    response.set_cookie(FORM_COOKIE, value, path="/", secure=True, httponly=True, samesite="lax")


async def carries(request: Request) -> bool:
    """Whether a form that was sent carries its browser's value."""
    value = value_of(request)
    carried = (await request.form()).get(FIELD) if value else None
    return value is not None and isinstance(carried, str) and is_of(value, carried)


def _bytes(text: str, length: int = _BYTES) -> bytes:
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("not a value") from None
    if len(found) != length:
        raise ValueError("not a value")
    return found


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
