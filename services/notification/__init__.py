"""Notification: tells people what concerns them, lists what waits for them, and lets them in.

Owns: accounts seen, roles granted here, sessions, contacts, messages, tasks
Says: SessionEnded, MessageFailed
Hears: UnitOpened, UnitChanged, UnitEnded, PlanPublished, PlanAcknowledged, PlanWithdrawn, NominationStarted,
NominationSubmitted, NominationRevised, NominationMoved, NominationWithdrawn, ContactsGiven, CaseAwaits, CaseReturned,
StoryAwaits, ReviewCompleted, ExemplarHonoured, NominationReferred, ReferralReturned, ReferralDecided, ConsentAsked,
ConsentAnswered, ConsentWithdrawn, StoryPublished, StoryRetracted, DeliveryFailed, ReportAwaits,
FindingRaised, FindingSettled, ConfirmationAwaits, ReportDue
"""
