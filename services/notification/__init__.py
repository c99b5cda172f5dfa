"""Notification: tells people what concerns them, lists what waits for them, and lets them in.

Owns: accounts seen, contacts, messages, ended sessions
Says: SessionEnded, MessageFailed
Hears: NominationSubmitted, NominationRevised, ContactsGiven, CaseReturned, ReviewCompleted, ExemplarHonoured,
NominationReferred, ReferralReturned, ReferralDecided, ConsentAsked, ConsentAnswered, ConsentWithdrawn, StoryPublished,
StoryRetracted, DeliveryFailed
"""
