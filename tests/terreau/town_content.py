"""What marketers of the town wrote: three sequences full of ways, an edit of them, and another score."""

PALETTE = "".join(
    f'{name} = "#445566"\n'
    for name in (
        "paper", "surface", "ink", "ink_soft", "line", "field", "accent", "on_accent", "accent_soft", "soil", "on_soil",
    )
)  # fmt: skip
DEFINITIONS = f"""
version = "2026-10-01"
topics.tips = {{ label = "Tips", description = "Tips." }}
senders.ines = {{ name = "Inès", email = "ines@lumen.example", role = "Method" }}
pressure.caps = ["1 per day", "3 per week"]

[house]
name = "Lumen"
address = "1 rue X, Paris"
email = "bonjour@lumen.example"
website = "https://lumen.example"
privacy = "P"

[brand.day]
{PALETTE}
[brand.night]
{PALETTE}
[[stages]]
id = "contact"
label = "Contact"
meaning = "Named."
owner = "marketing"

[[stages]]
id = "iql"
label = "IQL"
meaning = "Asks."
owner = "marketing"
enter = {{ event = "form_submitted" }}

[[stages]]
id = "mql"
label = "MQL"
meaning = "Warm."
owner = "marketing"
enter = {{ engagement_at_least = 60 }}
leave = 40
cooled_to = "iql"
hand_off = true
accepted_to = "sql"
rejected_to = "iql"

[[stages]]
id = "sql"
label = "SQL"
meaning = "Taken."
owner = "sales"

[[stages]]
id = "disqualified"
label = "Out"
meaning = "Outside."
owner = "sales"

[[stages]]
id = "recycled"
label = "Back"
meaning = "Later."
owner = "marketing"

[[temperatures]]
id = "cold"
label = "Cold"

[[temperatures]]
id = "hot"
label = "Hot"
from_engagement = 50

[[scoring.engagement]]
id = "visit"
label = "Visit"
event = "page_seen"
points = 20
half_life = 10
cap = 70

[[scoring.engagement]]
id = "click"
label = "Click"
event = "link_clicked"
points = 25
half_life = 30
repeat = "daily"

[[scoring.engagement]]
id = "asked"
label = "Asked"
event = "form_submitted"
points = 15
repeat = "once"

[[scoring.engagement]]
id = "gone"
label = "Gone"
event = "unsubscribed"
points = -20
half_life = 20

[[segments]]
id = "busy"
label = "Busy"
when = {{ event = "page_seen", within = "3 days", count = 2 }}

[hand_off]
reps = [{{ id = "nadia", name = "Nadia", email = "nadia@office.example" }}]
reject_reasons = [{{ id = "not-now", label = "Not now" }}]
"""
ANSWER = """
title = "Answer"
class = "transactional"
sender = "ines"
priority = 90
re_entry = "always"
on_unknown = "resend"
trigger = [{ event = "form_submitted" }]

[[step]]
id = "thanks"
email = "thanks"

[[step]]
id = "reminder"
wait = "1 business day"
only_if = { stage = "mql" }
notify = { subject = "Nobody took it", text = "A day has passed." }
"""
ALPHA = """
title = "Alpha"
topic = "tips"
sender = "ines"
priority = 60
re_entry = "after_exit"
exit_when = [{ stage_at_least = "sql" }]
goal = { when = { event = "form_submitted", subject = "demo" }, within = "20 days", on_reach = "last" }
quiet_hours = { from = "21:00", to = "08:00" }
trigger = [{ event = "consent_granted", subject = "tips" }]

[[step]]
id = "hello"
email = "hello"

[[step]]
id = "tuesday"
wait = "2 days"
wait_until = { time = "09:00", weekdays = ["tue", "fri"] }
email = "tuesday"

[[step]]
id = "ear"
wait_for = { when = { event = "link_clicked" }, timeout = "3 days" }

[[step]]
id = "fork"
branch = { case = [{ when = { event = "page_seen", within = "7 days" }, to = "warm" }] }

[[step]]
id = "cold"
wait = "1 day"
email = "cold"
send_window = { from = "08:00", to = "12:00" }

[[step]]
id = "warm"
set = { add_tags = ["warm"] }

[[step]]
id = "halves"
split = [{ weight = 1, to = "round" }, { weight = 1, to = "last" }]

[[step]]
id = "round"
jump = "tuesday"
max_passes = 2

[[step]]
id = "last"
wait = "1 month"
wait_from = "entry"
email = "last"
"""
BETA = """
title = "Beta"
topic = "tips"
sender = "ines"
priority = 40
re_entry = "after_exit"
min_interval = "2 days"
concurrent = false
frequency_cap = ["2 per week"]
expires_after = "2 days"
on_failure = "exit"
on_resume = "send"
trigger = [{ event = "page_seen", subject = "prices" }, { segment = "busy", on = "left" }]

[[step]]
id = "first"
email = "first"

[[step]]
id = "second"
wait = "36 hours"
email = "second"

[[step]]
id = "call"
wait = "3 business days"
task = { title = "Call", due = "2 business days" }
"""
GAMMA = """
title = "Gamma"
topic = "tips"
sender = "ines"
priority = 80
re_entry = "always"
concurrent = false
on_resume = "skip"
suppress = [{ tag = "warm" }]
trigger = [{ score = 50 }, { stage = "mql" }]

[[step]]
id = "ready"
email = "ready"

[[step]]
id = "steady"
wait = "5 days"
email = "steady"

[[step]]
id = "on"
enrol = "beta"
"""
SEQUENCES = {"answer": ANSWER, "alpha": ALPHA, "beta": BETA, "gamma": GAMMA}
TEXT = '+++\nsubject = "S"\npreheader = "P"\nwhy = "W"\n+++\n\nHello\n'
TEXTS = {
    f"emails/{path}.en.md": TEXT
    for path in (
        "answer/thanks", "alpha/hello", "alpha/tuesday", "alpha/cold", "alpha/extra", "alpha/last",
        "beta/first", "beta/second", "gamma/ready", "gamma/steady",
    )
}  # fmt: skip

# "cold" is gone, "tuesday" is later and on any day, an extra mail stands below the ear.
EDITED = (
    ALPHA.replace('re_entry = "after_exit"', 're_entry = "after_exit"\non_edit = "adopt"')
    .replace('wait = "2 days"\nwait_until = { time = "09:00", weekdays = ["tue", "fri"] }', 'wait = "5 days"')
    .replace(
        '[[step]]\nid = "cold"\nwait = "1 day"\nemail = "cold"\nsend_window = { from = "08:00", to = "12:00" }\n', ""
    )
    .replace(
        '[[step]]\nid = "fork"', '[[step]]\nid = "extra"\nwait = "2 days"\nemail = "extra"\n\n[[step]]\nid = "fork"'
    )
)


def _content(alpha=ALPHA, definitions=DEFINITIONS):
    named = {f"sequences/{name}.toml": text for name, text in {**SEQUENCES, "alpha": alpha}.items()}
    return {"definitions.toml": definitions, **named, **TEXTS}


# Marketing and sales have agreed on something else: sooner warm, later cold, busier.
REDEFINED = (
    DEFINITIONS.replace("engagement_at_least = 60", "engagement_at_least = 45")
    .replace("leave = 40", "leave = 25")
    .replace("from_engagement = 50", "from_engagement = 35")
    .replace('within = "3 days", count = 2', 'within = "5 days", count = 3')
)

RELEASES = {
    "first": _content(),
    "edited": _content(alpha=EDITED),
    "redefined": _content(definitions=REDEFINED),
    "rescored": _content(definitions=DEFINITIONS.replace("points = 20\nhalf_life = 10", "points = 35\nhalf_life = 20")),
}
