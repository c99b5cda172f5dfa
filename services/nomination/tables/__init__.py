"""This service's database: row classes by what they are about, beside the tables of outbox, inbox and audit."""

from services.nomination.tables.criteria import Boast, Criterion, Pack
from services.nomination.tables.dossiers import Claim, Counter, Evidence, Nomination, Person, Return, Step, Subject
from services.nomination.tables.intakes import Intake, IntakeRow
from services.nomination.tables.leads import Lead, LeadNote
from services.nomination.tables.movements import Movement, MovementActivity, MovementRegistration
from services.nomination.tables.papers import Agreement, ClaimCheck, Confirmation, Opinion, Revision
from services.nomination.tables.particulars import AwardForm, Particular
from services.nomination.tables.plan_texts import PlanText
from services.nomination.tables.plans import (
    Acknowledgement,
    CalendarYear,
    Plan,
    PlanFromAbove,
    PlanVersion,
    Round,
    RoundExtension,
    Target,
    UnitAcknowledgement,
    plan_year,
)
from services.nomination.tables.reports import DueReport, Report, UnitArea
from services.nomination.tables.reuse import ReuseRule
from services.nomination.tables.row import METADATA, Row
from services.nomination.tables.subjects import SubjectPair
from services.nomination.tables.supervision import (
    ChecklistPoint,
    FindingWord,
    SupervisionDuty,
    Visit,
    VisitFile,
    VisitFinding,
)
from services.nomination.tables.training import Course, CourseAttendance
from services.nomination.tables.units import Unit, UnitEdge, UnitEnd, UnitName, UnitShare, below

__all__ = [
    "METADATA",
    "Acknowledgement",
    "Agreement",
    "AwardForm",
    "Boast",
    "CalendarYear",
    "ChecklistPoint",
    "Claim",
    "ClaimCheck",
    "Confirmation",
    "Counter",
    "Course",
    "CourseAttendance",
    "Criterion",
    "DueReport",
    "Evidence",
    "FindingWord",
    "Intake",
    "IntakeRow",
    "Lead",
    "LeadNote",
    "Movement",
    "MovementActivity",
    "MovementRegistration",
    "Nomination",
    "Opinion",
    "Pack",
    "Particular",
    "Person",
    "Plan",
    "PlanFromAbove",
    "PlanText",
    "PlanVersion",
    "Report",
    "Return",
    "ReuseRule",
    "Revision",
    "Round",
    "RoundExtension",
    "Row",
    "Step",
    "Subject",
    "SubjectPair",
    "SupervisionDuty",
    "Target",
    "Unit",
    "UnitAcknowledgement",
    "UnitArea",
    "UnitEdge",
    "UnitEnd",
    "UnitName",
    "UnitShare",
    "Visit",
    "VisitFile",
    "VisitFinding",
    "below",
    "plan_year",
]
