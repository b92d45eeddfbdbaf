"""What is held of somebody, written out for them to read: one page by itself, in their language."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.calendars import Zone
from base.paths import data_path
from base.translations import Translator, msgid
from reports.personal import Record

TITLES: Mapping[str, str] = {
    "leads": msgid("Who you are to us"),
    "outside_ids": msgid("What other systems call you"),
    "events": msgid("What happened"),
    "submissions": msgid("Forms you sent"),
    "consents": msgid("What you agreed to, and when"),
    "used_tokens": msgid("Links you used"),
    "standings": msgid("How your interest is counted"),
    "lead_segments": msgid("Groups you are in"),
    "stage_changes": msgid("Stages you came through"),
    "enrolments": msgid("Series of mails you are or were in"),
    "receipts": msgid("Steps of these series"),
    "decisions": msgid("What was decided about mails, and why"),
    "messages": msgid("Mails"),
    "returned": msgid("Mails that came back"),
    "hand_offs": msgid("When our sales team was asked to call"),
    "notifications": msgid("When colleagues were told"),
    "webhooks": msgid("What other systems were told"),
    "notes": msgid("Notes of our staff"),
    "tasks": msgid("Things to do about you"),
    "calls": msgid("Calls"),
    "bant": msgid("What our staff learned of your project"),
    "audit": msgid("What was done with these data"),
    "departures": msgid("When these data go by themselves"),
    "visits": msgid("Pages you opened"),
    "visitors": msgid("Browsers that are recognised"),
}
COLUMNS: Mapping[str, str] = {
    "email": msgid("Address"), "phone": msgid("Phone"), "first_name": msgid("First name"),
    "last_name": msgid("Last name"), "company": msgid("Company"), "job_title": msgid("Job title"),
    "fields": msgid("Other answers"), "tags": msgid("Tags"), "timezone": msgid("Time zone"),
    "first_touch": msgid("How you first came"), "last_touch": msgid("How you last came"), "status": msgid("Status"),
    "locale": msgid("Language"), "origin": msgid("Origin"), "source": msgid("Source"),
    "created_at": msgid("Since"), "company_domain": msgid("Domain of the company"),
    "street": msgid("Street"), "postal_code": msgid("Postal code"), "city": msgid("City"), "country": msgid("Country"),
    "data": msgid("Details"), "name": msgid("What"), "at": msgid("When"),
    "recorded_at": msgid("Written down"), "evidence": msgid("Known from"), "subject": msgid("About"),
    "answers": msgid("Answers"), "touch": msgid("How you came"), "form": msgid("Form"), "page": msgid("Page"),
    "proof": msgid("Proof"), "topic": msgid("Purpose"), "state": msgid("State"), "wording": msgid("In these words"),
    "sequence": msgid("Series"), "step": msgid("Step"), "reason": msgid("Why"), "sent_at": msgid("Sent"),
    "text": msgid("Text"), "title": msgid("Title"), "note": msgid("Note"), "outcome": msgid("Outcome"),
    "act": msgid("What"), "channel": msgid("To whom"), "type": msgid("Kind"), "payload": msgid("What was told"),
    "recipient": msgid("To"), "due_at": msgid("On"), "segment": msgid("Group"), "stage": msgid("Stage"),
    "to_stage": msgid("Stage reached"), "from_stage": msgid("Stage before"), "interests": msgid("Interests"),
}  # fmt: skip


def as_page(record: Record, words: Translator, zone: Zone, house: str) -> str:
    """The page, whole: no other file, no script. `house`: who answers for the data, as the reader knows them."""
    sections = [
        (words.gettext(TITLES[table]), [list(_told(row, words, zone)) for row in rows])
        for table, rows in record.tables.items()
        if table in TITLES
    ]
    env = Environment(
        loader=FileSystemLoader(data_path("templates")), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return env.get_template("rights/record.html").render(
        words=words, record=record, sections=sections, at=words.moment(record.at, zone), house=house
    )


def _told(row: Mapping[str, Any], words: Translator, zone: Zone) -> Iterator[tuple[str, str]]:
    """What says something, column by column."""
    for name, value in row.items():
        if value not in (None, "", [], {}):
            label = words.gettext(COLUMNS[name]) if name in COLUMNS else name.replace("_", " ")
            yield label, _plain(value, words, zone)


def _plain(value: Any, words: Translator, zone: Zone) -> str:
    match value:
        case datetime():
            return words.moment(value, zone)
        case date():
            return words.date(value)
        case bool():
            return words.gettext(msgid("yes")) if value else words.gettext(msgid("no"))
        case Mapping():
            return "\n".join(f"{key}: {_plain(inner, words, zone)}" for key, inner in value.items())
        case list():
            return ", ".join(_plain(inner, words, zone) for inner in value)
        case _:
            return str(value)
