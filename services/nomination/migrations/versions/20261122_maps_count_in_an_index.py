"""Maps count in an index.

The map of a plan counts the files of each unit: what it asks of them, and what the fence asks, lies in the index.
"""

from alembic import op

revision = '8c2d57e0a1f4'
down_revision = 'e47a0b95c3d8'

NAME = 'ix_nominations_plan_id_unit_id_handed_in_on'


def upgrade() -> None:
    op.drop_index(NAME, table_name='nominations')
    op.create_index(
        NAME, 'nominations', ['plan_id', 'unit_id', 'handed_in_on'], postgresql_include=['agency', 'state']
    )
