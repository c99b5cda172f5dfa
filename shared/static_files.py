"""Static files from memory: read once, compressed once, told apart by a hash in their address.

`BUNDLES` are the stylesheets that pages name, each put together from the files of `shared/static/`; nothing is built
before the start. An address with the hash of the content may be kept for ever.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
BUNDLES = {
    "desk.css": ("tokens.css", "fonts.css", "tabler.css", "parts.css", "desk-shell.css"),
    "light.css": ("tokens.css", "light-shell.css", "parts.css"),
    "portal.css": ("tokens.css", "fonts.css", "light-shell.css", "parts.css", "portal-shell.css"),
}
_COMPRESSED = ("text/", "image/svg", "application/javascript")


@dataclass(frozen=True)
class File:
    """One file as it is served."""

    content: bytes
    compressed: bytes | None
    media_type: str
    hash: str


class StaticFiles:
    """The files below `/static/`, as an ASGI application."""

    def __init__(self, folder: Path = FOLDER) -> None:
        raw = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        self.files: dict[str, File] = {name: _file(name, text) for name, text in raw.items() if name not in BUNDLES}
        for name, parts in BUNDLES.items():
            css = "\n".join(raw[part].decode() for part in parts)
            linked = re.sub(r'url\("([\w.-]+)"\)', lambda found: f'url("{self.address(found[1])}")', css)
            self.files[name] = _file(name, _smaller(linked).encode())

    def address(self, name: str) -> str:
        """Where a page finds the file. Raises KeyError for one that is not there."""
        return f"/static/{name}?v={self.files[name].hash}"

    async def answer(self, request: Request) -> Response:
        """The file of that name, compressed if the browser takes that; 404 without one, 304 if it is known."""
        file = self.files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        headers = {
            "ETag": f'"{file.hash}"',
            "Cache-Control": "public, max-age=31536000, immutable" if request.query_params.get("v") else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = file.content
        if file.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = file.compressed, "gzip"
        return Response(content, headers=headers, media_type=file.media_type)


@lru_cache(maxsize=100)  # pressing is slow, and the tests make many applications
def _file(name: str, content: bytes) -> File:
    kind = guess_type(name)[0] or "application/octet-stream"
    kind = {"text/javascript": "application/javascript"}.get(kind, kind)
    pressed = gzip.compress(content, 9, mtime=0) if kind.startswith(_COMPRESSED) else None
    return File(content, pressed, kind, hashlib.sha256(content).hexdigest()[:10])


def _smaller(css: str) -> str:
    """Without the comments that say why; licences (`/*!`) stay."""
    return re.sub(r"/\*(?!!).*?\*/\s*", "", css, flags=re.S)
