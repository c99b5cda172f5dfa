"""Review: an agency's council looks at a nomination and concludes.

Owns: cases
Says: CaseOpened
Hears: NominationSubmitted, UnitOpened
"""
