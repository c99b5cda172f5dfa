"""The verbs of reviewing: cases, the council's work on them, honours."""
