"""Publishing: what was honoured becomes a story that the public may read, if everybody concerned agrees.

Owns: consent rules, stories, consents and their receipts, channels, deliveries, the public portal and its feed,
other agencies' stories that the portal points to
Says: StoryAwaits, ConsentAsked, ConsentAnswered, ConsentWithdrawn, ConsentPassedOn, WithdrawalAnswered, StoryPublished,
StoryRetracted, DeliveryFailed
Hears: ExemplarHonoured, HonourHeld, HonourResumed, HonourRevoked, HonourPassedOn, NominationReferred,
StoryMaterialGiven, ReferredMaterialGiven, ConsentPassedOn, WithdrawalAnswered, StoryPublished,
StoryRetracted, SessionEnded
"""
