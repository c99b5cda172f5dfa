"""Files of the store as they are served: never shown in place, but for the small picture of a picture."""

from urllib.parse import quote

from fastapi import HTTPException
from fastapi.responses import Response

from services.nomination.pages.desk import Desk
from shared.files import path_of
from shared.objects import ObjectMissing
from shared.uploads import small_path_of

PRIVATE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
FULL = "Kho tệp đang đầy hoặc không ghi được. Hãy thử lại sau."


async def attachment(desk: Desk, sha256: str, *, name: str, media_type: str | None, size: int | None) -> Response:
    """A file, always as an attachment."""
    content = await desk.runtime.objects.get(path_of("nomination", sha256), most=size)
    headers = PRIVATE | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=media_type, headers=headers)


async def small_picture(desk: Desk, sha256: str) -> Response:
    """The small picture of a picture; 404 for what is none."""
    try:
        content = await desk.runtime.objects.get(small_path_of("nomination", sha256))
    except ObjectMissing:
        raise HTTPException(404) from None
    return Response(content, media_type="image/webp", headers=PRIVATE)
