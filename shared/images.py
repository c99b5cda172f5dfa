"""Pictures that people hand in: drawn anew, so that nothing is left of where and with what they were taken."""

import io
import threading
import warnings

from PIL import Image, ImageOps

MOST_PIXELS = 60_000_000
"""What phones of today take, with room; more would only fill the memory."""
LONGEST = 4096
"""Pixels of the longer side that are kept: enough for a print of A3."""
SMALL = 320
"""Pixels of the longer side of the small picture."""
QUALITY = 88

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""By media type, what is taken and drawn anew."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
_one_at_a_time = threading.Lock()
"""A picture takes hundreds of megabytes while it is drawn."""


class BadImage(ValueError):
    """A picture is broken, or has more pixels than are taken."""


def redraw(content: bytes, media_type: str, most: int) -> tuple[bytes, bytes]:
    """The same picture, upright, without what cameras write into it (place, time, device), and a small one in WebP.

    One that would take more than `most` bytes now is kept with fewer pixels. The same bytes give the same bytes. Of a
    moving picture the first is kept. Raises BadImage.
    """
    kind = FORMATS[media_type]
    try:
        with _one_at_a_time, Image.open(io.BytesIO(content), formats=[kind]) as opened:
            opened.draft("RGB", (LONGEST, LONGEST))  # a large JPEG need not be unpacked whole
            picture = ImageOps.exif_transpose(opened)
            picture.thumbnail((LONGEST, LONGEST))
            plain = _plain(picture, kind)
            return _saved_within(plain, kind, most), _small(plain)
    # What a broken picture raises depends on where it breaks.
    except (OSError, SyntaxError, ValueError, IndexError, Image.DecompressionBombError, Warning) as error:
        raise BadImage(str(error)) from None


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """Its colours alone: what else was written in it stays behind."""
    clear = picture.has_transparency_data and kind != "JPEG"
    plain = "L" if picture.mode in {"1", "L"} else "RGB"
    seen = picture.convert("RGBA" if clear else plain)
    profile = picture.info.get("icc_profile")
    seen.info = {"icc_profile": profile} if profile else {}
    return seen


def _saved_within(picture: Image.Image, kind: str, most: int) -> bytes:
    content = _saved(picture, kind)
    while len(content) > most:
        width, height = picture.size
        picture = picture.resize((max(1, width * 3 // 4), max(1, height * 3 // 4)))
        content = _saved(picture, kind)
    return content


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, quality=QUALITY, icc_profile=picture.info.get("icc_profile"))
    return out.getvalue()


def _small(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((SMALL, SMALL))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=75)
    return out.getvalue()
