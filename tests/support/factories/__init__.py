"""Things to test with, each made by the actions that make it in life: plans, drafts, cases, stories, accounts.

Names are invented. Everything belongs to the agency `tan-binh` and happens at `AT`.
"""

from tests.support.factories.ground import (
    AGENCY,
    AT,
    CHAIR,
    CLERK,
    EDITOR,
    HEAD,
    NOMINATOR,
    OTHER_SCHOOL,
    PACK,
    PARCEL,
    SCHOOL,
    SECRETARY,
    SIGNER,
    TODAY,
)
from tests.support.factories.nominating import CRITERIA, FIRST, NO_KIN, Plan, draft, hand_in, plan, submitted
from tests.support.factories.publishing import answer, asked, channel, consent_rule, heard_word, live, story
from tests.support.factories.reviewing import MEMBERS, RULES, case, honoured, rule_set, vote, voting

__all__ = [
    "AGENCY",
    "AT",
    "CHAIR",
    "CLERK",
    "CRITERIA",
    "EDITOR",
    "FIRST",
    "HEAD",
    "MEMBERS",
    "NOMINATOR",
    "NO_KIN",
    "OTHER_SCHOOL",
    "PACK",
    "PARCEL",
    "RULES",
    "SCHOOL",
    "SECRETARY",
    "SIGNER",
    "TODAY",
    "Plan",
    "answer",
    "asked",
    "case",
    "channel",
    "consent_rule",
    "draft",
    "hand_in",
    "heard_word",
    "honoured",
    "live",
    "plan",
    "rule_set",
    "story",
    "submitted",
    "vote",
    "voting",
]
