"""What a visitor reads about an answer that does not fit: name the field, say what is missing, give an example."""

from dataclasses import dataclass

from authoring.models.forms import FormField
from capture.speech import Speech
from leads.typos import missing_end

# Sentences where the field's name gives the right word; any other field is named by its label.
EMPTY = {
    "first_name": "Enter your first name.",
    "last_name": "Enter your last name.",
    "company": "Enter your company.",
    "job_title": "Enter your profession.",
}
EMPTY_KIND = {
    "email": "Enter your email address.",
    "phone": "Enter a phone number.",
    "choice": "Choose the closest answer.",
}
SENTENCES = {
    "no_at": "An email address contains an “@”: %(example)s",
    "no_start": "The start of the address is missing, before the “@”: %(example)s",
    "no_end": "The end of the address is missing, after the “@”: %(example)s",
    "two_ats": "An email address contains one “@” only: %(example)s",
    "space": "An email address contains no space: %(example)s",
    "address_cut": "The end of the address is missing, for example “%(ending)s”: %(typed)s%(ending)s",
    "email_invalid": "No mail would arrive at this address as it is written. One looks like %(example)s",
    "email_unreachable": "No mail arrives at this domain. An address looks like %(example)s",
    "email_disposable": "Mail to this address is thrown away after a while. Enter one that you keep: %(example)s",
    "email_role": "Several people may read this address. Enter your own: %(example)s",
    "email_too_long": "This address is longer than any can be. One looks like %(example)s",
    "phone_invalid": "This number is not complete. From another country, start with “+”, for example +44 20 7946 0018",
    "phone_country": "No country has this code. A number from abroad looks like +44 20 7946 0018",
    "choice": "Choose one of the answers.",
    "too_long": "This answer is too long: %(limit)s characters at most.",
}
# The end of each line in the summary: "Work email: incomplete address".
SUMMARIES = {
    "empty": "to fill in",
    "no_choice": "an answer to choose",
    "choice": "an answer to choose",
    "too_long": "too long",
    "digits": "incomplete number",
    "phone_invalid": "incomplete number",
    "phone_country": "unknown country code",
    "email_unreachable": "unreachable address",
    "email_disposable": "a lasting address",
    "email_role": "your own address",
    "email_too_long": "too long",
}
NUMBERS = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
ENDINGS = {"fr": ".fr"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One answer to correct: the `anchor` of its first control, the `summary` line, the `sentence` beside the field."""

    field: str
    anchor: str
    summary: str
    sentence: str


def wrong(speech: Speech, field: FormField, anchor: str, code: str, typed: str) -> Wrong:
    label = speech.text(field.label).rstrip(" ?\u202f\u00a0")
    ending = speech.say(SUMMARIES.get(code, "incomplete address"))
    return Wrong(
        field.name,
        anchor,
        speech.say("%(field)s: %(fault)s", field=label, fault=ending),
        sentence(speech, field, code, typed.strip()),
    )


def sentence(speech: Speech, field: FormField, code: str, typed: str) -> str:
    if code in ("empty", "no_choice"):
        return _empty(speech, field)
    if code == "digits":
        return _digits(speech, typed)
    example = speech.say("chloe@marchand-studio.com")
    typed, ending = missing_end(typed.rstrip("."), ENDINGS.get(speech.locale, ".com"))
    values = {
        "example": example,
        "ending": ending,
        "typed": typed,
        "limit": field.max_length,
    }
    return speech.say(SENTENCES[code], **values)


def _empty(speech: Speech, field: FormField) -> str:
    if known := EMPTY_KIND.get(field.kind) or EMPTY.get(field.name):
        return speech.say(known)
    return speech.say("Fill in “%(field)s”.", field=speech.text(field.label))


def _digits(speech: Speech, typed: str) -> str:
    count = sum(letter.isdigit() for letter in typed)
    return speech.say_n(
        "This number has %(n)s digit; it needs 10.", "This number has %(n)s digits; it needs 10.", count, n=count
    )


def headline(speech: Speech, count: int) -> str:
    """ "Three fields to correct"."""
    words = speech.say(NUMBERS[count]) if count < len(NUMBERS) else str(count)
    return speech.say_n("%(words)s field to correct", "%(words)s fields to correct", count, words=words)
