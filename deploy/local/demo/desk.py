"""The people of one agency at their pages: each act of a story, done as they do it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from deploy.local.demo import dossiers
from deploy.local.demo.candidates import HEADS, Candidate, Claim
from deploy.local.demo.people import Browser, Person, Unexpected, expect

COUNCIL = ("uy-vien-1", "uy-vien-2", "chu-tich")
OFFICE = ("thu-ky", *COUNCIL, "nguoi-ky", "bien-tap")
SCHOOLS = ("nguoi-de-cu", "nguoi-de-cu-2")
PATIENCE = 60.0


@dataclass
class Desk:
    """The agency at `address`: who is signed in there, and what they do. `say` tells what was done."""

    address: str
    sinks: str
    say: Callable[[str], None]
    people: dict[str, Person] = field(default_factory=dict)

    async def come_in(self, *subjects: str) -> None:
        """Sign these sample accounts in."""
        for subject in subjects:
            self.people[subject] = await Person(self.address).sign_in(subject)

    async def close(self) -> None:
        """Everybody closes their browser."""
        for person in self.people.values():
            await person.close()

    async def nominate(self, who: Candidate) -> str:
        """Write a dossier and hand it in; the code it got."""
        by = self.people[who.nominator]
        code = await dossiers.begin(by, who)
        await dossiers.write(by, code, who)
        await dossiers.agree(by, code)
        await dossiers.confirm(await self._head(who), code)
        expect(await by.post(f"/de-cu/ho-so/{code}/gui", {"related": "no"}), 200)
        self.say(f"{code}: handed in ({who.category})")
        await self.until("review has the dossier", lambda: self.case_shows(code, "Nộp phiếu chấm"))
        return code

    async def _head(self, who: Candidate) -> Person:
        """The head of the candidate's school; they sign in when they are needed first."""
        subject = HEADS[who.unit]
        if subject not in self.people:
            await self.come_in(subject)
        return self.people[subject]

    async def case_shows(self, code: str, words: str) -> bool:
        """Whether these words stand on the case's page."""
        return await self.page_has(self.people["uy-vien-1"], case_path(code), words)

    async def return_and_correct(self, code: str, who: Candidate, reason: str) -> None:
        """The secretary sends a dossier back, the school corrects it."""
        by = self.people[who.nominator]
        await self._act("thu-ky", f"{case_path(code)}/tra-lai", reason=reason)
        await self.until("the reason has arrived", lambda: self.page_has(by, f"/de-cu/ho-so/{code}", reason))
        corrected = Claim("Tổ đoàn kết, giúp nhau trong công việc.", "Biên bản của tổ ngày 10/10")
        await dossiers.write_claim(by, f"/de-cu/ho-so/{code}/tieu-chi/TT1", corrected, version=1)
        await dossiers.confirm(await self._head(who), code)
        expect(await by.post(f"/de-cu/ho-so/{code}/gui", {"related": "no"}), 200)
        self.say(f"{code}: returned with a reason, corrected, sent again")
        await self.until("the corrected dossier has arrived", lambda: self.case_shows(code, "Biên bản của tổ"))

    async def review(self, code: str, votes: tuple[str, str, str] = ("agree", "agree", "agree")) -> None:
        """Marks, a vote, a conclusion."""
        case = case_path(code)
        for subject in COUNCIL:
            page = expect(await self.people[subject].get(case), 200)
            marks = dict.fromkeys(re.findall(r'name="(mark-[A-Z0-9]+)"', page.text), "9")
            await self._act(subject, f"{case}/cham", **marks, note="Đã đọc kỹ.")
        await self._act("thu-ky", f"{case}/mo-phieu")
        for subject, choice in zip(COUNCIL, votes, strict=True):
            await self._act(subject, f"{case}/bo-phieu", choice=choice)
        await self._act("thu-ky", f"{case}/dong-phieu")
        await self._act("chu-tich", f"{case}/ket-luan")
        self.say(f"{code}: three sheets, a secret vote, a conclusion")

    async def honour(self, code: str, number: str, level: str, on: str = "15/10/2024") -> None:
        """Enter the decision of that day."""
        form = {"number": number, "date": on, "form": "Giấy khen", "level": level}
        await self._act("nguoi-ky", f"{case_path(code)}/khen", **form)
        self.say(f"{code}: honoured by decision {number}")

    async def refer(self, code: str, to: str) -> None:
        """Hand the case to an agency above."""
        await self._act("thu-ky", f"{case_path(code)}/trinh", to=to)
        self.say(f"{code}: referred to {to}")

    async def recall(self, code: str) -> None:
        """Ask for the case back."""
        page = expect(await self.people["thu-ky"].get(case_path(code)), 200)
        row = re.search(r'name="row" value="([^"]+)"', page.text)
        if row is None:
            raise Unexpected(f"{code} cannot be recalled")
        await self._act("thu-ky", f"{case_path(code)}/thu-ve", row=row[1])
        self.say(f"{code}: asked back")

    async def accept(self, code: str) -> None:
        """Take over what an agency below offers, once its dossier is here."""
        await self._offered(code)
        await self._act("thu-ky", f"{case_path(code)}/tiep-nhan")
        self.say(f"{code}: taken over")

    async def give_back(self, code: str, reason: str) -> None:
        """Give what an agency below offers back."""
        await self._offered(code)
        await self._act("thu-ky", f"{case_path(code)}/tra-lai", reason=reason)
        self.say(f"{code}: given back with a reason")

    async def _offered(self, code: str) -> None:
        secretary = self.people["thu-ky"]
        wanted = "«Tiếp nhận hồ sơ»"
        await self.until("the referral has arrived", lambda: self.page_has(secretary, case_path(code), wanted))

    async def write_and_ask(self, code: str) -> None:
        """The editor reads the draft and asks those concerned."""
        editor, work = self.people["bien-tap"], f"/lan-toa/bai/{code}"
        await self.until("the story has its material", lambda: self.page_has(editor, work, "Xin đồng ý"))
        expect(await editor.post(f"{work}/xin-dong-y"), 200)
        self.say(f"{code}: story drafted, consent asked")

    async def answer(self, email: str, *purposes: str) -> str:
        """Somebody agrees to these purposes; the link that was used."""
        link = await self._link(email)
        anybody = Browser(self.address)
        expect(await anybody.get(link), 200)
        expect(await anybody.post(link, {"word": "agree", "purpose": list(purposes)}), 200)
        await anybody.close()
        self.say("a person agreed by one-time link")
        return link

    async def _link(self, email: str) -> str:
        async with httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(int(PATIENCE / 0.2)):
                letters = (await client.get(f"{self.sinks}/letters.json")).json()
                for letter in letters:
                    found = re.search(r"/dong-y/\S+", letter["body"])
                    if email in letter["to"] and found:
                        return found[0]
                await asyncio.sleep(0.2)
        raise Unexpected(f"no link was sent to {email.split('@')[1]} within {PATIENCE:.0f} s")

    async def release(self, code: str) -> str:
        """The editor lets a story from below appear; its path once it does."""
        editor, work = self.people["bien-tap"], f"/lan-toa/bai/{code}"
        await self.until("the story has its material", lambda: self.page_has(editor, work, "«Duyệt đăng»"))
        await self._send_form(editor, work, f"{work}/duyet-dang")
        return await self.shown(code)

    async def show_again(self, code: str, path: str) -> None:
        """The editor shows a story although an honour elsewhere was revoked."""
        await self.until("the story is hidden", lambda: self.is_(path, 410))
        work = f"/lan-toa/bai/{code}"
        await self._send_form(self.people["bien-tap"], work, f"{work}/hien-lai")
        await self.until("the page is back", lambda: self.is_(path, 200))
        self.say(f"{code}: shown again by a person's decision")

    async def withdraw(self, link: str) -> None:
        """Somebody takes their word back, by the link they answered with."""
        anybody = Browser(self.address)
        expect(await anybody.post(f"{link}/rut"), 200)
        await anybody.close()
        self.say("a person took the word back")

    async def receipt_shows(self, link: str, words: str) -> bool:
        """Whether the person reads these words on the page of the answer."""
        anybody = Browser(self.address)
        found = words in (await anybody.get(link)).text
        await anybody.close()
        return found

    async def shown(self, code: str) -> str:
        """Wait until the story is live; its path."""
        paths: list[str] = []

        async def live() -> bool:
            page = await self.people["bien-tap"].get(f"/lan-toa/bai/{code}")
            paths.extend(re.findall(r'href="(/guong/[^"]+)">Xem trên cổng', page.text))
            return bool(paths)

        await self.until("the story is live", live)
        expect(await self.people["bien-tap"].get(paths[0]), 200)
        self.say(f"{code}: on the portal")
        return paths[0]

    async def hold_and_resume(self, code: str, path: str) -> None:
        """The chair holds an honour and lets it count again; the page follows."""
        await self._act("chu-tich", f"/xet-duyet/so-khen/{code}/tam-dung", ground="objection")
        await self.until("the page is gone", lambda: self.is_(path, 410))
        self.say(f"{code}: held, the page answers 410")
        await self._act("chu-tich", f"/xet-duyet/so-khen/{code}/khoi-phuc")
        await self.until("the page is back", lambda: self.is_(path, 200))
        self.say(f"{code}: resumed, the page is back")

    async def revoke(self, code: str, path: str) -> None:
        """The chair revokes an honour; the page goes."""
        await self._act("chu-tich", f"/xet-duyet/so-khen/{code}/thu-hoi", ground="evidence")
        await self.until("the page is gone", lambda: self.is_(path, 410))
        self.say(f"{code}: revoked, gone for good")

    async def page_has(self, who: Person, path: str, words: str) -> bool:
        """Whether these words stand on a page."""
        return words in (await who.get(path)).text

    async def is_(self, path: str, status: int) -> bool:
        """Whether a public page answers so."""
        return (await self.people["bien-tap"].get(path)).status_code == status

    async def until(self, what: str, holds: Callable[[], Awaitable[Any]]) -> None:
        """Wait for something that others bring about. Raises Unexpected."""
        for _ in range(int(PATIENCE / 0.1)):
            if await holds():
                return
            await asyncio.sleep(0.1)
        raise Unexpected(f"{what}: not within {PATIENCE:.0f} s")

    async def _send_form(self, who: Person, page: str, action: str) -> None:
        """Press the button of a form as the page shows it, with the hidden fields that it has."""
        shown = expect(await who.get(page), 200).text
        form = re.search(rf'<form[^>]*action="{action}".*?</form>', shown, re.S)
        if form is None:
            raise Unexpected(f"{page} has no form for {action}")
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
        fields: dict[str, str | list[str]] = {name: [v for n, v in hidden if n == name] for name, _ in hidden}
        expect(await who.post(action, fields), 200)

    async def _act(self, subject: str, path: str, **form: str) -> None:
        expect(await self.people[subject].post(path, form), 200)


def case_path(code: str) -> str:
    """The page of a case."""
    return f"/xet-duyet/ho-so/{code}"
