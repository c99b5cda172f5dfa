"""Units are visited, and people are trained."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'e90b64d1f7a2'
down_revision = 'c3e81a5d9f47'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_UNIT = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)
OF_FINDING = (
    f"case when {EVERY_UNIT} then true else exists (select from visit_findings f where f.id = finding_id) end"
)
WITHIN = {
    'checklist_points': 'true',
    'courses': 'true',
    'supervision_duties': OF_UNIT,
    'visits': OF_UNIT,
    'visit_findings': OF_UNIT,
    'finding_words': OF_FINDING,
    'course_attendances': OF_UNIT,
}


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('checklist_points',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checklist_points')),
    sa.UniqueConstraint('agency', 'text', 'valid_from', name=op.f('uq_checklist_points_agency_text_valid_from'))
    )
    op.create_table('supervision_duties',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('identity', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_supervision_duties_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_duties'))
    )
    op.create_index(op.f('ix_supervision_duties_agency_unit_id'), 'supervision_duties', ['agency', 'unit_id'])
    op.create_table('visits',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('party', sa.String(), nullable=False),
    sa.Column('checklist', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary', sa.String(), nullable=False),
    sa.Column('entered_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_visits_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits'))
    )
    op.create_index(op.f('ix_visits_unit_id_held_on'), 'visits', ['unit_id', 'held_on'])
    op.create_index(op.f('ix_visits_agency_held_on'), 'visits', ['agency', 'held_on'])
    op.create_table('visit_findings',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('to_do', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', words('state', 'waiting', 'answered', 'closed'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_findings_visit_id_visits')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_visit_findings_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_findings'))
    )
    op.create_index(op.f('ix_visit_findings_visit_id'), 'visit_findings', ['visit_id'])
    op.create_index(op.f('ix_visit_findings_agency_state_due_on'), 'visit_findings', ['agency', 'state', 'due_on'])
    op.create_table('finding_words',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('kind', words('kind', 'answer', 'again', 'close'), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['finding_id'], ['visit_findings.id'], name=op.f('fk_finding_words_finding_id_visit_findings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_words'))
    )
    op.create_index(op.f('ix_finding_words_finding_id_at'), 'finding_words', ['finding_id', 'at'])
    op.create_table('courses',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('audience', sa.String(), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=True),
    sa.Column('organiser', sa.String(), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.Column('entered_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_courses'))
    )
    op.create_index(op.f('ix_courses_agency_held_on'), 'courses', ['agency', 'held_on'])
    op.create_table('course_attendances',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_course_attendances_course_id_courses')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_course_attendances_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_attendances')),
    sa.UniqueConstraint('course_id', 'unit_id', 'sort_key', name=op.f('uq_course_attendances_course_id_unit_id_sort_key'))
    )
    op.create_index(op.f('ix_course_attendances_agency_sort_key'), 'course_attendances', ['agency', 'sort_key'])
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
