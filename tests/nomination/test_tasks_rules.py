"""A dossier as a list of tasks: which rows there are, which are done, and the one next step."""

import pytest

from services.nomination.rules.criteria import Criterion, EvidenceKind, Papers
from services.nomination.rules.readiness import NOTHING, UNWRITTEN, Agreement, Beside, Claimed, readiness
from services.nomination.rules.tasks import done_of, next_of, tasks_of

pytestmark = pytest.mark.unit

CRITERIA = [Criterion("G", "Trên hết.", overall=True), Criterion("A", "Làm tốt.", compulsory=True)]
SAID = Claimed("A", "dạy giỏi", (EvidenceKind.WORDS,))
ALL = Papers(opinions=1, agreement=True, confirmation=True)
WHOLE = Beside(opinions=1, agreement=Agreement.AGREED, confirmed=True)


@pytest.mark.parametrize(
    ("claims", "papers", "beside", "undone", "following", "done"),
    [
        ([], Papers(), Beside(), ["claims", "proofs", "contacts", "send"], ("claims", "/tieu-chi/A"), "1/5"),
        ([SAID], Papers(), Beside(), ["contacts", "send"], ("send", "/gui"), "3/5"),
        (
            [SAID],
            ALL,
            Beside(),
            ["opinions", "contacts", "agreement", "confirmation", "send"],
            ("opinions", "/y-kien"),
            "3/8",
        ),
        ([SAID], ALL, WHOLE, ["contacts", "send"], ("send", "/gui"), "6/8"),
        (
            [SAID],
            ALL,
            Beside(opinions=1),
            ["contacts", "agreement", "confirmation", "send"],
            ("agreement", "/dong-y"),
            "4/8",
        ),
        ([SAID], Papers(), Beside(reachable=False), ["contacts", "send"], ("contacts", "/lien-he"), "3/5"),
        (
            [SAID],
            Papers(),
            Beside(agreement=Agreement.DECLINED),
            ["contacts", "agreement", "send"],
            ("agreement", "/dong-y"),
            "3/6",
        ),
    ],
)
def test_what_is_undone_stands_out_and_one_step_is_next(
    claims: list[Claimed], papers: Papers, beside: Beside, undone: list[str], following: tuple[str, str], done: str
) -> None:
    proofs = sum(len(claim.evidence) for claim in claims)
    tasks = tasks_of(readiness(CRITERIA, claims, papers, beside), proofs=proofs, contacts=0)
    one = next_of(tasks)
    assert [task.name for task in tasks if not task.done] == undone
    assert ((one.name, one.place), f"{done_of(tasks)}/{len(tasks)}") == (following, done)


def test_an_empty_dossier_leads_to_its_first_own_criterion_not_to_the_one_above_all() -> None:
    found = tasks_of(readiness(CRITERIA, []), proofs=0, contacts=0)[1]
    assert (found.place, found.problem) == ("/tieu-chi/A", UNWRITTEN)
    alone = tasks_of(readiness(CRITERIA[:1], []), proofs=0, contacts=1)
    assert (alone[1].place, alone[1].problem, alone[-2].done) == ("/tieu-chi/G", NOTHING, True)
