"""What a neighbour brought is opened with distrust: it ends as a failed parcel with a reason."""

import io
import zipfile
from typing import Any

import orjson
import pytest
from pyrage import x25519

from shared import door
from shared.events import Sealed
from shared.parcels import ParcelState, pack, seal
from tests.support.doors import CHILD, PARENT, House, Roads, described, parcel_of

pytestmark = pytest.mark.db

MANIFEST, FILES = parcel_of()


def zipped(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data, compression)
    return content.getvalue()


def saying(**changes: Any) -> tuple[str, bytes]:
    """A manifest whose one file is described otherwise."""
    said = MANIFEST.model_dump(by_alias=True, mode="json")
    said["files"][0] |= changes
    return "manifest.json", orjson.dumps(said)


NAME, CONTENT = next((f"files/{sha256}", content) for sha256, content in FILES.items())
BOMB, BOMB_FILES = parcel_of(CONTENT + bytes(2_000_000))
BAD: list[tuple[bytes, str]] = [
    (
        zipped(
            ("manifest.json", BOMB.model_dump_json(by_alias=True).encode()),
            *((f"files/{sha256}", content) for sha256, content in BOMB_FILES.items()),
            compression=zipfile.ZIP_DEFLATED,
        ),
        "an entry is compressed more than files are",
    ),
    (zipped(saying(), ("../" + NAME, CONTENT)), "an entry has a path"),
    (zipped(saying(name="../hồ sơ.pdf"), (NAME, CONTENT)), "a file's name is not one that we give"),
    (zipped(saying(), (NAME, CONTENT.replace(b"1.7", b"1.6"))), "a file is not what the manifest says"),
    (zipped(saying(type="image/png"), (NAME, CONTENT)), "a file is not of the type that the manifest says"),
    (zipped(saying(size=5), (NAME, CONTENT)), "an entry is larger than declared"),
    (b"no archive at all, but long enough", "its archive does not end as one of ours"),
]


@pytest.mark.parametrize(("packed", "reason"), BAD)
async def test_a_bad_parcel_that_came_through_the_door_fails_with_a_reason(
    child: House, parent: House, roads: Roads, packed: bytes, reason: str
) -> None:
    sealed = await child.put(seal(packed, str(roads.identities[f"{PARENT}/review/1"].to_public())))
    await arrives_in_vain(child, parent, roads, sealed, reason)


async def test_a_parcel_that_was_sealed_to_somebody_else_fails_with_a_reason(
    child: House, parent: House, roads: Roads
) -> None:
    sealed = await child.put(seal(pack(MANIFEST, FILES), str(x25519.Identity.generate().to_public())))
    await arrives_in_vain(child, parent, roads, sealed, "it cannot be decrypted here; it was sealed to hcm/review/1")


async def arrives_in_vain(child: House, parent: House, roads: Roads, sealed: Sealed, reason: str) -> None:
    """It lies at the door, its reader fails, and nothing of its content is kept outside of it."""
    async with parent.listening(roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
    await parent.expect(sealed, owner=door.owner_of(CHILD))
    async with parent.working():
        assert await parent.until(ParcelState.FAILED) == (sealed.parcel_id, reason)
    assert (parent.taken, parent.files()) == ([], {f"review/door/tan-binh/parcels/{sealed.parcel_id}.age"})


async def test_what_never_comes_fails_with_a_reason(child: House, parent: House, roads: Roads) -> None:
    sealed = described(b"never brought")
    await parent.expect(sealed, owner=door.owner_of(CHILD))
    await child.expect(sealed, owner="review", lies_at=PARENT)
    async with parent.listening(roads.ports[PARENT]), parent.working(), child.working():
        told = [await house.until(ParcelState.FAILED) for house in (parent, child)]
    assert told == [
        (sealed.parcel_id, f"ObjectMissing: review/door/tan-binh/parcels/{sealed.parcel_id}.age"),
        (sealed.parcel_id, "DoorAway: the door of hcm does not answer as it should: no-such-parcel"),
    ]


async def test_what_a_neighbour_says_of_a_parcel_that_another_brought_is_not_found(
    child: House, sibling: House, parent: House, roads: Roads
) -> None:
    sealed = await child.store(PARENT)
    async with parent.listening(roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
    await parent.expect(sealed, owner=door.owner_of(sibling.agency))
    async with parent.working():
        _, reason = await parent.until(ParcelState.FAILED)
    assert (reason or "").startswith("ObjectMissing: review/door/go-vap/")
