"""What waits for whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '12a044ddcaf0'
down_revision = 'f3a70b6e12c8'


def upgrade() -> None:
    op.create_table('tasks',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('thing_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('draft', 'complete', 'plan', 'case.take_over', 'case.score', 'case.open_ballot', 'case.vote', 'case.close_ballot', 'case.conclude', 'case.honour', 'story.write', 'story.doubt', 'story.consent', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_by', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('thing_id', 'kind', name=op.f('pk_tasks'))
    )
    op.create_index(op.f('ix_tasks_agency_open_kind_unit_id'), 'tasks', ['agency', 'open', 'kind', 'unit_id'], unique=False)
    op.execute('alter table tasks enable row level security, force row level security')
    op.execute("create policy fence on tasks using ((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))")
