"""People come in as files, too."""

import sqlalchemy as sa
from alembic import op

revision = 'a94f07d2c65b'
down_revision = '15d8b3c7e960'


def upgrade() -> None:
    op.add_column('subjects', sa.Column('born_in', sa.Integer(), nullable=True))
    op.add_column('intakes', sa.Column('kind', sa.Enum('units', 'people', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False, server_default='units'))
    op.alter_column('intakes', 'kind', server_default=None)
