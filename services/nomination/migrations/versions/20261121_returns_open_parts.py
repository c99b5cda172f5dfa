"""Returns open parts of a dossier again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'e91c05b7d3f4'
down_revision = 'd7e4480b95ac'


def upgrade() -> None:
    op.add_column('nominations', sa.Column('reopened', postgresql.JSONB(), nullable=False, server_default='[]'))
    op.alter_column('nominations', 'reopened', server_default=None)
