"""Visits have files."""

import sqlalchemy as sa
from alembic import op

revision = '58c2d7b1e064'
down_revision = 'b81d5f0e6c37'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
OF_VISIT = (
    "case when (select current_setting('app.units', true)) = '*' then true"
    " else exists (select from visits v where v.id = visit_id) end"
)


def upgrade() -> None:
    op.create_table('visit_files',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('caption', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_files_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_files')),
    sa.UniqueConstraint('visit_id', 'sha256', name=op.f('uq_visit_files_visit_id_sha256'))
    )
    op.create_index(op.f('ix_visit_files_agency_sha256'), 'visit_files', ['agency', 'sha256'], unique=False)
    op.execute('alter table visit_files enable row level security, force row level security')
    op.execute(f'create policy fence on visit_files using ({AGENCY} and ({OF_VISIT}))')
