"""Public pages have a generation, stories are searched."""

import re

import sqlalchemy as sa
from alembic import op

from shared.names import folded

revision = 'd5a0c7f3be21'
down_revision = 'c91d3e7fa5b0'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
SHOWN = {'stories': 'live', 'followed_stories': 'shown'}
"""Tables of which only rows in that state are shown, or were until now."""
BESIDE = ('other_honours', 'holders', 'referrers')
"""Tables that decide which honours stand beside a story."""
COUNT = """
create function portal_changed() returns trigger language plpgsql as $$
declare
    whose text;
begin
    if tg_op = 'DELETE' then whose := old.agency; else whose := new.agency; end if;
    if tg_nargs > 0 then
        if (tg_op = 'INSERT' or old.state <> tg_argv[0]) and (tg_op = 'DELETE' or new.state <> tg_argv[0]) then
            return null;
        end if;
    end if;
    if current_setting('app.portal_changed', true) = whose || pg_current_xact_id()::text then
        return null;  -- counted already in this transaction
    end if;
    perform set_config('app.portal_changed', whose || pg_current_xact_id()::text, true);
    insert into portal (agency, generation) values (whose, 1)
        on conflict (agency) do update set generation = portal.generation + 1;
    return null;
end $$
"""


def upgrade() -> None:
    op.create_table(
        'portal',
        sa.Column('agency', sa.String(length=31), nullable=False),
        sa.Column('generation', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('agency', name=op.f('pk_portal')),
    )
    op.execute('alter table portal enable row level security, force row level security')
    op.execute(f'create policy fence on portal using ({AGENCY})')
    op.execute(COUNT)
    for table in (*SHOWN, *BESIDE):
        told = f"'{SHOWN[table]}'" if table in SHOWN else ''
        op.execute(
            f'create constraint trigger portal_changed after insert or update or delete on {table}'
            f' deferrable initially deferred for each row execute function portal_changed({told})'
        )
    op.add_column('stories', sa.Column('search_text', sa.String(), nullable=False, server_default=''))
    _fill()
    op.alter_column('stories', 'search_text', server_default=None)


def _fill() -> None:
    """What was written before is found too: its words folded as `services.publishing.rules.searched` did that day."""
    connection = op.get_bind()
    found = sa.text("select id, title, unit, code, coalesce(decision->>'number', ''), text from stories")
    for id_, *told in connection.execute(found).all():
        words = ' '.join(re.findall(r'[^\W_]+', folded(' '.join(told))))
        connection.execute(
            sa.text('update stories set search_text = :words where id = :id'), {'words': words, 'id': id_}
        )
    # The deferred triggers of these rows would keep the table from being altered.
    op.execute('set constraints all immediate')
