"""Publishing: what was honoured becomes a story that the public may read, if everybody concerned agrees.

Owns: consent rules, stories, consents, channels, deliveries, the public portal and its feed
Says: ConsentAsked, ConsentAnswered, ConsentWithdrawn, StoryPublished, StoryRetracted, DeliveryFailed
Hears: ExemplarHonoured, HonourHeld, HonourResumed, HonourRevoked, StoryMaterialGiven, SessionEnded
"""
