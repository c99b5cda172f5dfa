"""Pictures that people hand in: drawn anew, upright, and without where and with what they were taken."""

import io
from functools import partial

import pytest
from PIL import Image

from shared import images
from shared.files import MOST_BYTES
from shared.images import LONGEST, SMALL, BadImage
from tests.support.pictures import photo

pytestmark = pytest.mark.unit
redraw = partial(images.redraw, most=MOST_BYTES)
MODEL, GPS, TURNED = 0x0110, 0x8825, 0x0112


def picture(kind: str, size: tuple[int, int] = (80, 40), *, turned: int = 1, mode: str = "RGB") -> bytes:
    """A picture as a phone takes it: red on the left, blue on the right, and whatever a phone writes down."""
    made = Image.new(mode, size, "blue")
    made.paste("red", (0, 0, size[0] // 2, size[1]))
    written = Image.Exif()
    written[MODEL] = "Máy của Lan"
    written[TURNED] = turned
    written.get_ifd(GPS)[2] = (16.0, 4.0, 12.5)
    out = io.BytesIO()
    made.save(out, kind, exif=written, **({"comment": b"Lan"} if kind == "JPEG" else {}))
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(content))
    made.load()
    return made


@pytest.mark.parametrize(("media_type", "kind"), images.FORMATS.items())
def test_nothing_is_left_of_where_and_with_what_it_was_taken(media_type: str, kind: str) -> None:
    before = picture(kind)
    assert b"Lan" in before
    after, small = redraw(before, media_type)
    assert (opened(after).format, opened(after).size, opened(small).format) == (kind, (80, 40), "WEBP")
    assert [dict(opened(one).getexif()) for one in (after, small)] == [{}, {}]
    assert b"Lan" not in after + small
    assert redraw(before, media_type) == (after, small)


def test_a_picture_is_kept_upright_and_as_large_as_a_print_needs() -> None:
    after, small = redraw(picture("JPEG", (LONGEST + 1000, 1000), turned=6), "image/jpeg")
    tall = (1000 * LONGEST // (LONGEST + 1000) + 1, LONGEST)
    assert abs(opened(after).size[0] - tall[0]) <= 1
    assert opened(after).size[1] == LONGEST
    assert max(opened(small).size) == SMALL
    top, bottom = (opened(after).convert("RGB").getpixel((400, y)) for y in (100, LONGEST - 100))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > 200, bottom[2] > 200) == (True, True)  # what was left is at the top now


def test_what_shows_through_still_does() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(redraw(out.getvalue(), "image/png")[0]).getpixel((5, 5)) == (255, 0, 0, 0)


@pytest.mark.parametrize("cut", [20, 200])
def test_a_broken_picture_is_refused(cut: int) -> None:
    with pytest.raises(BadImage):
        redraw(picture("JPEG", (800, 400))[:cut], "image/jpeg")


def test_a_picture_of_another_kind_than_it_says_is_refused() -> None:
    with pytest.raises(BadImage):
        redraw(picture("PNG"), "image/jpeg")


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(BadImage):
        redraw(out.getvalue(), "image/png")


def test_a_picture_that_grows_when_it_is_drawn_is_kept_with_fewer_pixels() -> None:
    before = photo("PNG", (300, 300), noise=1)
    after, _ = images.redraw(before, "image/png", most=len(before) // 2)
    assert (len(after) <= len(before) // 2, opened(after).size) == (True, (168, 168))


@pytest.mark.parametrize(("mode", "kept"), [("L", "L"), ("1", "L"), ("P", "RGB"), ("RGB", "RGB")])
def test_a_picture_without_colours_is_kept_without(mode: str, kept: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (10, 10)).save(out, "PNG")
    assert opened(redraw(out.getvalue(), "image/png")[0]).mode == kept
