"""What others do for a dossier while somebody is watched at one page: over plain HTTP, as the demo's people do it."""

from collections.abc import Collection

from deploy.local.demo import dossiers
from deploy.local.demo.candidates import TEACHER
from deploy.local.demo.people import Browser, Person, expect


async def write_the_rest(address: str, code: str, *, but: Collection[str]) -> None:
    """The nominator writes what else a teacher's dossier needs, but for these criteria; an opinion too."""
    by = await Person(address).sign_in("nguoi-de-cu")
    for criterion, claim in TEACHER.claims.items():
        if criterion not in but:
            await dossiers.write_claim(by, f"/de-cu/ho-so/{code}/tieu-chi/{criterion}", claim)
    voice, who, words = TEACHER.opinion
    expect(await by.post(f"/de-cu/ho-so/{code}/y-kien", {"voice": voice, "who": who, "text": words}), 200)
    await dossiers.agree(by, code)
    await by.close()


async def agree(address: str, path: str) -> None:
    """The nominee answers the link."""
    nominee = Browser(address)
    expect(await nominee.post(path, {"word": "agree"}), 200)
    await nominee.close()


async def confirm(address: str, code: str) -> None:
    """The head confirms what stands there."""
    head = await Person(address).sign_in("thu-truong")
    await dossiers.confirm(head, code)
    await head.close()
