"""What an address that has confirmed nothing is not sent, and why.

Pure: no database, no clock, no network.
"""

from base.translations import msgid

# Pattern -> sentence, as in `console.reasons`.
UNCONFIRMED: tuple[tuple[str, str], ...] = (
    (
        r"the address was asked to confirm (?P<times>\d+) times and never did",
        msgid("this address was asked to confirm %(times)s times and never did: it is asked no more"),
    ),
    (
        r"the address got this mail (?P<times>\d+) times and never confirmed anything",
        msgid("this address got the same mail %(times)s times and never confirmed anything"),
    ),
    (
        r"the address has this mail since less than (?P<hours>\d+) hours, unconfirmed",
        msgid("this address got the same mail less than %(hours)s hours ago and has not confirmed"),
    ),
    (
        r"the address was asked to confirm less than (?P<hours>\d+) hours ago",
        msgid("this address was asked to confirm less than %(hours)s hours ago: once a day at most"),
    ),
    (
        r"the address got (?P<mails>\d+) mails in (?P<hours>\d+) hours and never confirmed anything",
        msgid("this address got %(mails)s mails in %(hours)s hours and never confirmed anything: enough for a day"),
    ),
    (
        r"the address got (?P<mails>\d+) mails and never confirmed anything",
        msgid("this address got %(mails)s mails and never confirmed anything: it gets no more"),
    ),
)
