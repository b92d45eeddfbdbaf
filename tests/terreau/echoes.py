"""What comes back of the town's letters: bounces, complaints and answers; some are made up by a stranger."""

from functools import partial

from sqlalchemy import select

from base.mail_settings import Bounces
from base.tokens import new_token
from emails.intake import Rules, take
from emails.refusals import Recipient
from emails.returns import Returned
from storage.schema import messages

STATUSES = {"hard": ("5.1.1", "userunknown"), "soft": ("4.2.2", "mailboxfull")}


def comes_back(town, who, kind, forged):
    """An answer of that kind to the newest letter that reached somebody; a stranger does not know its token."""
    letter = _newest(town, town.lead_of[who])
    if letter is None:
        return
    token = new_token() if forged else letter.token
    told = [Recipient(letter.recipient, *STATUSES[kind])] if kind in STATUSES else []
    mail = Returned(kind, tuple(told), (token,), (token,), (), letter.recipient, new_token(), "Thank you.")
    rules = Rules(town.keys.suppression, Bounces(soft_limit=2))
    taken = town.do(partial(take, mail=mail, rules=rules, now=town.now))
    assert taken == ("not ours" if forged else "taken")
    if kind == "hard" and not forged:
        town.gone.add(letter.recipient)
    if kind == "complaint" and not forged:
        town.agreed[who].clear()
        town.left.add(who)


def _newest(town, lead_id):
    theirs = (messages.c.lead_id == lead_id) & (messages.c.state == "sent") & (messages.c.klass != "notification")
    with town.database.read() as conn:
        return conn.execute(select(messages).where(theirs).order_by(messages.c.id.desc()).limit(1)).one_or_none()
