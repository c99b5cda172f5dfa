"""Messages in the inbox know their kind: their words are found when they are read, in the reader's language."""

import sqlalchemy as sa
from alembic import op

revision = 'e8f2c3016ab9'
down_revision = 'b6409d1ef3c8'

SAID = {
    'submitted': 'Đã nhận hồ sơ {code}',
    'arrived': 'Hồ sơ {code} vừa được gửi tới',
    'offered': 'Hồ sơ {code} chờ tiếp nhận',
    'given_back': 'Hồ sơ {code} được trả về',
    'ruled': 'Cấp trên đã kết luận hồ sơ {code}',
    'returned': 'Hồ sơ {code} cần bổ sung',
    'completed': 'Đã có kết luận cho hồ sơ {code}',
    'honoured': 'Hồ sơ {code} chờ viết bài',
    'answered': 'Có câu trả lời cho bài {code}',
    'withdrawn': 'Có người rút đồng ý ở bài {code}',
    'published': 'Bài {code} đã đăng',
    'retracted': 'Bài {code} đã gỡ',
    'delivery_failed': 'Gửi hỏng một lượt của bài {code}',
}
"""What each kind said until now."""
CODE = "substring(subject from '[A-Z]+-[0-9]{2}-[0-9]{4,}')"


def upgrade() -> None:
    op.add_column('messages', sa.Column('notice', sa.String(length=40), server_default='', nullable=False))
    op.add_column('messages', sa.Column('code', sa.String(length=40), server_default='', nullable=False))
    for notice, said in SAID.items():
        op.execute(
            sa.text(
                f"update messages set notice = :notice, code = {CODE}, subject = '', body = ''"
                f" where channel = 'in_app' and replace(subject, {CODE}, '{{code}}') = :said"
            ).bindparams(notice=notice, said=said)
        )
