"""The pages of nominating: a dossier from its first word to its way through review."""

from fastapi import APIRouter

from services.nomination.pages import (
    answering,
    carrying_out,
    claims,
    contacts,
    counting,
    courses,
    criteria,
    dossiers,
    drafting,
    duties,
    ending,
    evidence,
    importing,
    issuing,
    joining,
    leads,
    movement_page,
    movements,
    nurturing,
    origins,
    papers,
    particulars,
    people_intakes,
    plans,
    plans_above,
    reporting,
    reports,
    revisions,
    rounds,
    searching,
    starting,
    subjects,
    submitting,
    suggesting,
    supervision,
    targets,
    trails,
    training,
    unit_intakes,
    units,
    visit_files,
    visits,
)

router = APIRouter(include_in_schema=False)
for part in (
    starting,
    dossiers,
    claims,
    evidence,
    papers,
    particulars,
    contacts,
    origins,
    submitting,
    leads,
    nurturing,
    people_intakes,
    subjects,
    movements,
    movement_page,
    joining,
    duties,
    supervision,
    visits,
    visit_files,
    training,
    courses,
    revisions,
    criteria,
    rounds,
    targets,
    trails,
    unit_intakes,
    units,
    ending,
    searching,
    counting,
    reports,
    reporting,
):
    router.include_router(part.router, prefix="/de-cu")
# Paths that are written out come before those with a plan's code in their place.
for part in (importing, plans_above, drafting, issuing, carrying_out, plans):
    router.include_router(part.router, prefix="/de-cu")
router.include_router(trails.own)
router.include_router(suggesting.router)
router.include_router(answering.router)

LISTS = (
    starting.FILES,
    leads.LEADS,
    units.UNITS,
    reports.REPORTS,
    subjects.PAIRS,
    supervision.VISITS,
    training.COURSES,
    training.PEOPLE,
)
"""The lists that a run can write as a file."""
