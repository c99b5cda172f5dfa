"""Review: an agency's council looks at a nomination and concludes.

Owns: rule sets, cases, marks, ballots, decisions, honours
Says: CaseOpened, CaseReopened, CaseReturned, ReviewCompleted, ExemplarHonoured, HonourHeld, HonourResumed,
HonourRevoked
Hears: NominationSubmitted, NominationRevised, UnitOpened, SessionEnded
"""
