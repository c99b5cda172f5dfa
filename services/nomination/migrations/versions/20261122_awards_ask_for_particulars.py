"""Awards ask for particulars, each sealed by itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '93be5c17a0d4'
down_revision = '6e1f40a9bd27'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_FILE = f"case when {EVERY_UNIT} then true else exists (select from nominations n where n.id = nomination_id) end"


def upgrade() -> None:
    op.create_table('award_forms',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('categories', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('asks', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_forms')),
    sa.UniqueConstraint('agency', 'code', 'valid_from', name=op.f('uq_award_forms_agency_code_valid_from'))
    )
    op.create_table('particulars',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['nomination_id'], ['nominations.id'], name=op.f('fk_particulars_nomination_id_nominations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_particulars')),
    sa.UniqueConstraint('nomination_id', 'field', name=op.f('uq_particulars_nomination_id_field'))
    )
    op.add_column('nominations', sa.Column('award_form_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f('fk_nominations_award_form_id_award_forms'), 'nominations', 'award_forms', ['award_form_id'], ['id']
    )
    for table, more in {'award_forms': 'true', 'particulars': OF_FILE}.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
