"""Which files of the store something is still tied to."""

from sqlalchemy import Exists, select, union_all
from sqlmodel import col

from services.nomination.tables import Evidence, VisitFile
from shared.uploads import FILES


def needed_files() -> Exists:
    """Whether a row of `FILES` is a file of a dossier or of a visit."""
    ties = [
        select(col(table.sha256)).where(col(table.agency) == FILES.c.agency, col(table.sha256) == FILES.c.sha256)
        for table in (Evidence, VisitFile)
    ]
    return union_all(*ties).exists()
