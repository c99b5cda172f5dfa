"""Run by alembic for this service's migrations."""

from alembic import context

from services.review.tables import METADATA
from shared.migrate import run

run(context, METADATA)
