"""Long work is run: a row says how far it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'b6409d1ef3c8'
down_revision = '12a044ddcaf0'

AGENCY = "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
PERSON = "(select current_setting('app.person', true)) in ('*', began_by)"


def upgrade() -> None:
    op.create_table(
        'runs',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('agency', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('began_by', sa.Text(), nullable=False, comment='issuer|subject'),
        sa.Column('name', sa.Text(), nullable=False, comment='of whoever began it; it stands in the file'),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('about', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('state', sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column('done', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('total', sa.Integer(), nullable=True),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'running', 'done', 'failed')", name=op.f('ck_runs_state')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_runs')),
    )
    op.create_index(
        'runs_going_on',
        'runs',
        ['agency', 'began_by', 'kind', 'what'],
        unique=True,
        postgresql_where=sa.text("state in ('waiting', 'running')"),
    )
    op.execute('alter table runs enable row level security, force row level security')
    op.execute(f'create policy fence on runs using ({AGENCY} and {PERSON})')
