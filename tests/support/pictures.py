"""Real pictures for tests that send some."""

import io
import random

from PIL import Image


def photo(kind: str = "PNG", size: tuple[int, int] = (16, 12), *, noise: int | None = None) -> bytes:
    """A picture of one colour, or one that cannot be pressed, drawn from that number."""
    if noise is None:
        made = Image.new("RGB", size, "green")
    else:
        made = Image.frombytes("RGB", size, random.Random(noise).randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    made.save(out, kind, quality=95)
    return out.getvalue()
