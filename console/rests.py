"""Why the house lets mails rest by itself, and what it says of those that were due meanwhile.

Pure: no database, no clock, no network.
"""

from base.translations import msgid

# Pattern -> sentence, as in `console.reasons`.
RESTS: tuple[tuple[str, str], ...] = (
    (r"(?:paused: )?paused by hand", msgid("paused by hand")),
    (r"paused: (?P<why>.+)", msgid("paused: %(why)s")),
    (
        r"it was due in a pause that began (?P<since>.+); on_resume = skip",
        msgid("it was due in a pause that began on %(since)s, and what is missed then is left out"),
    ),
    (
        r"restored from the backup of (?P<made>.+): what was sent since is not known here",
        msgid("restored from the backup of %(made)s: what was sent since is not known here"),
    ),
    (
        r"this database came without its incarnation file: it may be a restored copy",
        msgid("this database came without its incarnation file: it may be a restored copy"),
    ),
    (
        r"the incarnation file knows a newer state than this database: it is a restored copy",
        msgid("the incarnation file knows a newer state than this database: it is a restored copy"),
    ),
    (
        r"the clock went backwards, from (?P<since>.+) to (?P<until>.+)",
        msgid("the clock went backwards, from %(since)s to %(until)s"),
    ),
    (r"nothing ran since (?P<since>.+)", msgid("nothing ran since %(since)s")),
    (r"nothing ran from (?P<since>.+) to (?P<until>.+)", msgid("nothing ran from %(since)s to %(until)s")),
    (
        r"(?P<count>\d+) readers complained among the last (?P<mails>\d+) marketing mails"
        r" \((?P<limit>\S+) % of (?P<whole>\d+) is too much\)",
        msgid(
            "readers who complained among the last %(mails)s marketing mails: %(count)s (%(limit)s %% of %(whole)s is"
            " too much)"
        ),
    ),
    (
        r"(?P<count>\d+) addresses did not exist among the last (?P<mails>\d+) marketing mails"
        r" \((?P<limit>\S+) % of (?P<whole>\d+) is too much\)",
        msgid(
            "addresses that did not exist among the last %(mails)s marketing mails: %(count)s (%(limit)s %% of"
            " %(whole)s is too much)"
        ),
    ),
)
