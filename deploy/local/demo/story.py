"""What people do: one teacher honoured and shown, one team returned, corrected, shown and revoked, one pupil who
waits for a guardian, one teacher declined. Every name is invented."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from deploy.local.demo.people import Browser, Person, Unexpected, expect

SCHOOL = "01900000-0000-7000-8000-000000000001"
OTHER_SCHOOL = "01900000-0000-7000-8000-000000000002"
COUNCIL = ("uy-vien-1", "uy-vien-2", "chu-tich")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
PATIENCE = 60.0
RETURN_REASON = "Cần bổ sung biên bản xác nhận của tổ về kết quả hỗ trợ đồng nghiệp."


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a school puts forward; `claims` by criterion: what is claimed, what stands behind it."""

    nominator: str
    unit: str
    category: str
    name: str
    position: str
    email: str
    claims: dict[str, tuple[str, str]]
    guardian: tuple[str, str] | None = None
    born: str = ""


TEACHER = Candidate(
    "nguoi-de-cu", SCHOOL, "teacher", "Nguyễn Thị Thảo Nguyên", "giáo viên Ngữ văn", "thao.nguyen@hoa-mai.example",
    {
        "GV4": ("Dạy Ngữ văn bằng dự án đọc sách, 12 tiết một học kỳ.", "Sáng kiến cấp trường số 12 năm 2023"),
        "GV5": ("Tỷ lệ học sinh mượn sách tăng từ 31% lên 78%.", "Sổ thư viện năm học 2023-2024"),
    },
)  # fmt: skip
TEAM = Candidate(
    "nguoi-de-cu", SCHOOL, "collective", "Tổ Khoa học tự nhiên", "12 giáo viên", "to.khtn@hoa-mai.example",
    {"TT3": ("Câu lạc bộ robot cho học sinh khối 8 và 9.", "Kế hoạch hoạt động và ảnh các buổi sinh hoạt")},
)  # fmt: skip
PUPIL = Candidate(
    "nguoi-de-cu", SCHOOL, "pupil", "Trịnh Gia Bảo", "lớp 8A", "gia.bao@hoa-mai.example",
    {"HS2": ("Giúp bạn khuyết tật đến trường suốt hai năm.", "Xác nhận của giáo viên chủ nhiệm")},
    guardian=("Trịnh Quang Huy", "quang.huy@gia-dinh.example"), born="05/09/2011",
)  # fmt: skip
DECLINED = Candidate(
    "nguoi-de-cu-2", OTHER_SCHOOL, "teacher", "Phan Đức Anh", "giáo viên Toán", "duc.anh@binh-minh.example",
    {"GV4": ("Soạn bộ bài tập Toán theo mức độ.", "Bộ bài tập in năm 2024")},
)  # fmt: skip
CANDIDATES = (TEACHER, TEAM, PUPIL, DECLINED)


@dataclass
class Story:
    """The play and what it leaves behind: who is signed in, which code each candidate got, what was said when."""

    address: str
    sinks: str
    say: Callable[[str], None]
    people: dict[str, Person] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    async def play(self) -> None:
        """From the first word to the last. Raises Unexpected."""
        await self._come_in()
        for candidate in CANDIDATES:
            await self._nominate(candidate)
        await self._return_and_correct(TEAM)
        for candidate in (TEACHER, TEAM, PUPIL):
            await self._review(candidate, ("agree", "agree", "agree"))
            await self._honour(candidate)
        await self._review(DECLINED, ("disagree", "disagree", "agree"))
        for candidate in (TEACHER, TEAM, PUPIL):
            await self._write_and_ask(candidate)
        await self._answer(TEACHER.email, ["portal", "press"])
        await self._answer(TEAM.email, ["portal", "press"])
        await self._answer(PUPIL.email, ["portal"])
        for candidate in (TEACHER, TEAM):
            await self._shown(candidate)
        await self._hold_and_resume(TEACHER)
        await self._revoke(TEAM)
        await self._pupil_waits()

    async def close(self) -> None:
        """Everybody closes their browser."""
        for person in self.people.values():
            await person.close()

    async def _come_in(self) -> None:
        for subject in ("nguoi-de-cu", "nguoi-de-cu-2", "thu-ky", *COUNCIL, "nguoi-ky", "bien-tap"):
            self.people[subject] = await Person(self.address).sign_in(subject)
        self.say(f"{len(self.people)} people signed in")

    async def _nominate(self, who: Candidate) -> None:
        by = self.people[who.nominator]
        page = expect(await by.get("/de-cu/ho-so/moi"), 200)
        options = re.search(r'name="round".*?</select>', page.text, re.S)
        found = re.findall(r'value="([0-9a-f-]{36})"', options[0] if options else "")
        if not found:
            raise Unexpected("no round is open")
        about = {"unit": who.unit, "round": found[0], "category": who.category, "name": who.name}
        page = expect(await by.post("/de-cu/ho-so/moi", about | {"position": who.position}), 200)
        code = re.search(r"TB-\d\d-\d{4}", page.text)
        if code is None:
            raise Unexpected("no code on the page of a new file")
        self.codes[who.name] = code[0]
        file = f"/de-cu/ho-so/{code[0]}"
        for number, (criterion, (text, proof)) in enumerate(who.claims.items()):
            path = f"{file}/tieu-chi/{criterion}"
            expect(await by.post(path, {"text": text, "proof": proof, "version": "0"}), 200)
            if number == 0:
                expect(await by.post(f"{path}/tep", {"caption": "Bản chụp"}, ("minh-chung.pdf", PDF)), 200)
        contacts = {"email-self": who.email, "born": who.born}
        if who.guardian:
            contacts |= {"guardian": who.guardian[0], "email-guardian": who.guardian[1]}
        expect(await by.post(f"{file}/lien-he", contacts), 200)
        expect(await by.post(f"{file}/gui"), 200)
        self.say(f"{code[0]}: handed in ({who.category})")
        await self._until("review has the dossier", lambda: self._case_shows(code[0], "Nộp phiếu chấm"))

    async def _case_shows(self, code: str, words: str) -> bool:
        return words in (await self.people["uy-vien-1"].get(f"/xet-duyet/ho-so/{code}")).text

    async def _return_and_correct(self, who: Candidate) -> None:
        code, by = self.codes[who.name], self.people[who.nominator]
        expect(await self.people["thu-ky"].post(f"/xet-duyet/ho-so/{code}/tra-lai", {"reason": RETURN_REASON}), 200)
        await self._until("the reason has arrived", lambda: self._page_has(by, f"/de-cu/ho-so/{code}", RETURN_REASON))
        path = f"/de-cu/ho-so/{code}/tieu-chi/TT1"
        form = {
            "text": "Tổ đoàn kết, giúp nhau trong công việc.",
            "proof": "Biên bản của tổ ngày 10/10",
            "version": "0",
        }
        expect(await by.post(path, form), 200)
        expect(await by.post(f"/de-cu/ho-so/{code}/gui"), 200)
        self.say(f"{code}: returned with a reason, corrected, sent again")
        await self._until("the corrected dossier has arrived", lambda: self._case_shows(code, "Biên bản của tổ"))

    async def _review(self, who: Candidate, votes: tuple[str, str, str]) -> None:
        code = self.codes[who.name]
        case = f"/xet-duyet/ho-so/{code}"
        for subject in COUNCIL:
            page = expect(await self.people[subject].get(case), 200)
            marks: dict[str, str | list[str]] = dict.fromkeys(re.findall(r'name="(mark-[A-Z0-9]+)"', page.text), "9")
            expect(await self.people[subject].post(f"{case}/cham", marks | {"note": "Đã đọc kỹ."}), 200)
        expect(await self.people["thu-ky"].post(f"{case}/mo-phieu"), 200)
        for subject, choice in zip(COUNCIL, votes, strict=True):
            expect(await self.people[subject].post(f"{case}/bo-phieu", {"choice": choice}), 200)
        expect(await self.people["thu-ky"].post(f"{case}/dong-phieu"), 200)
        expect(await self.people["chu-tich"].post(f"{case}/ket-luan"), 200)
        self.say(f"{code}: three sheets, a secret vote, a conclusion")

    async def _honour(self, who: Candidate) -> None:
        code = self.codes[who.name]
        number = f"{150 + len(self.paths)}/QĐ-PGDĐT"
        self.paths[who.name] = ""
        form = {"number": number, "date": "15/10/2024", "form": "Giấy khen", "level": "cấp quận"}
        expect(await self.people["nguoi-ky"].post(f"/xet-duyet/ho-so/{code}/khen", form), 200)
        self.say(f"{code}: honoured by decision {number}")

    async def _write_and_ask(self, who: Candidate) -> None:
        code, editor = self.codes[who.name], self.people["bien-tap"]
        work = f"/lan-toa/bai/{code}"
        await self._until("the story has its material", lambda: self._page_has(editor, work, "Xin đồng ý"))
        expect(await editor.post(f"{work}/xin-dong-y"), 200)
        self.say(f"{code}: story drafted, consent asked")

    async def _answer(self, email: str, purposes: list[str]) -> None:
        link = await self._link(email)
        anybody = Browser(self.address)
        expect(await anybody.get(link), 200)
        expect(await anybody.post(link, {"word": "agree", "purpose": purposes}), 200)
        await anybody.close()
        self.say("a person agreed by one-time link")

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

    async def _shown(self, who: Candidate) -> None:
        code = self.codes[who.name]

        async def live() -> bool:
            page = await self.people["bien-tap"].get(f"/lan-toa/bai/{code}")
            found = re.search(r'href="(/guong/[^"]+)">Xem trên cổng', page.text)
            self.paths[who.name] = found[1] if found else ""
            return found is not None

        await self._until("the story is live", live)
        await self._status(self.paths[who.name], 200)
        self.say(f"{code}: on the portal")

    async def _hold_and_resume(self, who: Candidate) -> None:
        code, chair = self.codes[who.name], self.people["chu-tich"]
        expect(await chair.post(f"/xet-duyet/so-khen/{code}/tam-dung", {"ground": "objection"}), 200)
        await self._until("the page is gone", lambda: self._is(self.paths[who.name], 410))
        self.say(f"{code}: held, the page answers 410")
        expect(await chair.post(f"/xet-duyet/so-khen/{code}/khoi-phuc"), 200)
        await self._until("the page is back", lambda: self._is(self.paths[who.name], 200))
        self.say(f"{code}: resumed, the page is back")

    async def _revoke(self, who: Candidate) -> None:
        code = self.codes[who.name]
        expect(await self.people["chu-tich"].post(f"/xet-duyet/so-khen/{code}/thu-hoi", {"ground": "evidence"}), 200)
        await self._until("the page is gone", lambda: self._is(self.paths[who.name], 410))
        self.say(f"{code}: revoked, gone for good")

    async def _pupil_waits(self) -> None:
        code = self.codes[PUPIL.name]
        editor = self.people["bien-tap"]
        await self._until("one word is there", lambda: self._page_has(editor, f"/lan-toa/bai/{code}", "Đồng ý"))
        page = await editor.get(f"/lan-toa/bai/{code}")
        if "Chờ đồng ý" not in page.text:
            raise Unexpected("the pupil's story does not wait for the guardian")
        self.say(f"{code}: the child agreed, the guardian has not: unpublished")

    async def _page_has(self, who: Person, path: str, words: str) -> bool:
        return words in (await who.get(path)).text

    async def _is(self, path: str, status: int) -> bool:
        return (await self.people["bien-tap"].get(path)).status_code == status

    async def _status(self, path: str, status: int) -> None:
        expect(await self.people["bien-tap"].get(path), status)

    async def _until(self, what: str, holds: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(int(PATIENCE / 0.1)):
            if await holds():
                return
            await asyncio.sleep(0.1)
        raise Unexpected(f"{what}: not within {PATIENCE:.0f} s")
