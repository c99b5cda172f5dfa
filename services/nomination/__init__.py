"""Nomination: from "somebody promising was noticed" to "the dossier is complete, true and handed in".

Owns: units, plans with their drafts and versions, rounds, targets, criteria, the calendar of working days, leads,
movements with their activities and registrations, duties of supervision, visits with their findings and files,
training courses, subjects and which are one, rules of what is not used again, nominations, claims, evidence, what
forms of awards ask of a person (sealed), the timeline of each file, reports and when they are due
Says: UnitOpened, UnitChanged, UnitEnded, PlanPublished, PlanWithdrawn, PlanAcknowledged, NominationStarted,
NominationSubmitted, NominationRevised, NominationMoved, NominationWithdrawn, StoryMaterialGiven, ContactsGiven,
ReportAwaits, ReportSent, ReportReceived, ReportReturned, FindingRaised, FindingSettled, ConfirmationAwaits,
ReportDue
Hears: PlanPublished, PlanWithdrawn, PlanAcknowledged, CaseOpened, CaseReopened, CaseReturned, ReviewCompleted,
ExemplarHonoured, HonourHeld, HonourResumed, HonourRevoked, NominationReferred, RecallAsked, ReferralAccepted,
ReferralReturned, ReferralDecided, MovePassedOn, HonourPassedOn, StoryPublished, StoryRetracted, SessionEnded,
ReportSent, ReportReceived, ReportReturned
"""
