"""Which files of the store something is still tied to."""

from sqlalchemy import Exists, select
from sqlmodel import col

from services.nomination.tables import Evidence
from shared.uploads import FILES


def needed_files() -> Exists:
    """Whether a row of `FILES` is a file of a dossier."""
    tied = select(Evidence).where(col(Evidence.agency) == FILES.c.agency, col(Evidence.sha256) == FILES.c.sha256)
    return tied.exists()
