"""Review: an agency's council looks at a nomination and concludes; what is best is referred to the agency above.

Owns: rule sets, cases, marks, ballots, decisions, honours, referrals on both sides, receipts of consents
Says: CaseOpened, CaseAwaits, CaseReopened, CaseReturned, ReviewCompleted, ExemplarHonoured, HonourHeld, HonourResumed,
HonourRevoked, NominationReferred, RecallAsked, ReferralAccepted, ReferralReturned, ReferralDecided, MovePassedOn,
HonourPassedOn, ReferredMaterialGiven
Hears: NominationSubmitted, NominationRevised, NominationMoved, NominationWithdrawn, UnitOpened, UnitChanged,
SessionEnded, NominationReferred, RecallAsked, ReferralAccepted, ReferralReturned, ReferralDecided, MovePassedOn,
HonourPassedOn, ConsentAnswered, ConsentWithdrawn
"""
