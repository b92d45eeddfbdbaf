"""The events that the house itself records, and what each is about.

Pure: no database, no clock, no network.
"""

# How a call with a lead may end, as staff note it: the subject of `call_logged`.
CALL_OUTCOMES = ("reached", "no_answer", "voicemail", "callback", "not_interested", "wrong_number", "objected")

# Event name -> the kind of thing that its subject names; None where there is none to look up.
EVENTS: dict[str, str | None] = {
    "form_submitted": "form",
    "form_held": "form",
    "consent_granted": "purpose",
    "consent_withdrawn": "purpose",
    "unsubscribed": None,
    "silence_noticed": None,
    "consent_affirmed": None,
    "imported": None,
    "lead_added": None,
    "interest_shown": None,
    "asset_delivered": "magnet",
    "asset_downloaded": "magnet",
    "link_clicked": "email",
    "hit_confirmed": "email",
    "page_seen": "page",
    "segment_entered": "segment",
    "segment_left": "segment",
    "verdict_given": None,
    "call_logged": "outcome",
    "bant_noted": None,
    "stage_moved": "stage",
    "meeting_booked": None,
    "deal_forecast": None,
    "deal_won": None,
    "deal_lost": None,
    "broadcast_due": "sequence",
    "existing_due": "sequence",
    "enrol_asked": "sequence",
    "mail.sent": "email",
    "mail.refused": "email",
    "mail.failed": "email",
    "mail.expired": "email",
    "mail.withdrawn": "email",
    "mail.settled_delivered": "email",
    "mail.settled_resent": "email",
    "mail.settled_dropped": "email",
    "mail.retried": "email",
    "mail.bounced": "email",
    "mail.soft_bounced": "email",
    "mail.complained": "email",
    "mail.auto_replied": "email",
    "mail.replied": "email",
}
# What every lead has, besides the fields that forms ask for.
LEAD_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "street",
    "postal_code",
    "city",
    "country",
    "locale",
    "timezone",
    "source",
    "owner",
)
