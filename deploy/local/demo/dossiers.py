"""A dossier as its people make it: the nominator writes, the nominee answers, the head of the unit confirms."""

import re
from urllib.parse import urlsplit

from deploy.local.demo.candidates import Candidate, Claim
from deploy.local.demo.people import Browser, Person, Unexpected, expect

CODE = re.compile(r"\b[A-Z]+-\d\d-\d{4}\b")
"""A file's code: its agency's mark, the year, a number."""
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


async def begin(by: Person, who: Candidate, chosen: str = "") -> str:
    """Begin a draft in the open round, or in the one whose name begins so; its code."""
    page = expect(await by.get("/de-cu/ho-so/moi"), 200)
    options = re.search(r'name="round".*?</select>', page.text, re.S)
    found = re.findall(rf'value="([0-9a-f-]{{36}})"[^>]*>{re.escape(chosen)}', options[0] if options else "")
    if not found:
        raise Unexpected(f"no round «{chosen}» is open" if chosen else "no round is open")
    about = {"unit": who.unit, "round": found[0], "category": who.category, "name": who.name}
    page = expect(await by.post("/de-cu/ho-so/moi", about | {"position": who.position}), 200)
    code = CODE.search(page.text)
    if code is None:
        raise Unexpected("no code on the page of a new file")
    return code[0]


async def write(by: Person, code: str, who: Candidate) -> None:
    """Everything that the nominator writes: claims with their evidence, an opinion, how people are reached."""
    file = f"/de-cu/ho-so/{code}"
    for number, (criterion, claim) in enumerate(who.claims.items()):
        path = f"{file}/tieu-chi/{criterion}"
        await write_claim(by, path, claim)
        if number == 0:
            expect(await by.post(f"{path}/tep", {"caption": "Bản chụp"}, ("minh-chung.pdf", PDF)), 200)
    voice, role, words = who.opinion
    expect(await by.post(f"{file}/y-kien", {"voice": voice, "who": role, "text": words}), 200)
    contacts = {"email-self": who.email, "born": who.born}
    if who.guardian:
        contacts |= {"guardian": who.guardian[0], "email-guardian": who.guardian[1]}
    expect(await by.post(f"{file}/lien-he", contacts), 200)


async def write_claim(by: Person, path: str, claim: Claim, version: int = 0) -> None:
    """Write under one criterion, over what was written before at that version."""
    form = {"text": claim.text, "proof": claim.proof, "version": str(version), "level": claim.level}
    form |= {"options": claim.option} if claim.option else {}
    if claim.rests:
        page = expect(await by.get(path), 200)
        offered = re.search(r'name="rests_on".*?<option value="([A-Z]+-\d\d-\d{4})"', page.text, re.S)
        if offered is None:
            raise Unexpected(f"{path} offers no dossier to rest on")
        form["rests_on"] = offered[1]
    expect(await by.post(path, form), 200)
    for kind, fields in claim.proofs.items():
        expect(await by.post(f"{path}/minh-chung/{kind}", fields), 200)


async def agree(by: Person, code: str) -> None:
    """The nominator hands the nominee's link over, and the nominee agrees."""
    page = expect(await by.post(f"/de-cu/ho-so/{code}/dong-y"), 200)
    link = re.search(r"<code>(https?://\S+?)</code>", page.text)
    if link is None:
        raise Unexpected(f"no link for the nominee of {code}")
    nominee = Browser(by.address)
    expect(await nominee.post(urlsplit(link[1]).path, {"word": "agree"}), 200)
    await nominee.close()


async def confirm(head: Person, code: str) -> None:
    """The head of the unit reads the dossier and stands by it."""
    path = f"/de-cu/ho-so/{code}/xac-nhan"
    edits = re.search(r'name="edits" value="(\d+)"', expect(await head.get(path), 200).text)
    if edits is None:
        raise Unexpected(f"{code} cannot be confirmed")
    expect(await head.post(path, {"edits": edits[1]}), 200)
