"""The verbs of publishing: stories, consents, deliveries."""
