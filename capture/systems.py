"""What other programs tell of leads, each signed with the secret of its [[systems]]: an event of theirs, or whom to let
into a sequence. Answers are JSON, for programs; what is wrong with a call is said all at once.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from flask import Response, abort, jsonify, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from authoring.patterns import EVENT
from authoring.site import Site
from authoring.vocabulary import EVENTS
from base.problems import did_you_mean
from base.settings import Site as Spoken
from capture.door import Door
from capture.signed import signed
from leads.correcting import NoCorrection, fields_of
from leads.facts import COLUMNS
from leads.outside import LONGEST
from leads.outside_events import NobodyTold, OutsideEvent, take

LONGEST_BODY = 32 << 10  # bytes
MOST_DATA = 20
# What the house itself notes with an event, and reads again.
OURS = frozenset({"by", "chain", "hand_raise", "interests", "message_id", "of", "staff", "system", "via"})
OF_EVENTS = frozenset({"subject", "by", "interests"})  # what a call says of an event, and of nothing else

Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(lambda text: text.replace("\x00", ""))]
Number = Annotated[float, Field(allow_inf_nan=False)]
EventName = Annotated[str, StringConstraints(pattern=EVENT, max_length=60)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Told(Strict):
    """The body of a call: `event`, or `enrol` with the name of a sequence; and whom it is about."""

    event: EventName | None = None
    enrol: Short | None = None
    lead: dict[str, Short | int]
    subject: Short | None = None
    by: Literal["lead", "system"] = "lead"  # whether they did it, or it happened, such as the end of a trial
    interests: list[Short] = Field(default=[], max_length=MOST_DATA)
    data: dict[Short, Short | int | Number | bool | None] = Field(default={}, max_length=MOST_DATA)
    locale: Short | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.event is None) == (self.enrol is None):
            raise ValueError("say one thing: an `event`, or a sequence to `enrol` into")
        return self


def post(door: Door) -> Response:
    """200 with `lead` (its number, null for whoever asked to be forgotten) and `new` (false: told before); 400 with
    `problems`; 401 without a true signature; 404 where no [[systems]] are.
    """
    if not door.config.systems:
        abort(404)
    request.max_content_length = LONGEST_BODY
    body, now = request.get_data(cache=False), door.clocks.moment()
    system = next((one for one in door.config.systems if signed(one.secret or "", body, now.machine)), None)
    if system is None:
        return _refused(401, ["no signature of a [[systems]] secret over this id, minute and body"])
    site = door.site()
    try:
        told = Told.model_validate_json(body)
    except ValidationError as error:
        return _refused(400, [_sentence(one["loc"], one["msg"]) for one in error.errors()])
    if problems := list(_problems(told, site)):
        return _refused(400, problems)
    event = _event(told, system.name, door.config.site)
    try:
        taken = door.database.write(lambda conn: take(conn, event, door.keys.suppression, now))
    except (NobodyTold, NoCorrection) as error:
        return _refused(400, [str(error)])
    return jsonify(lead=taken.lead_id, new=taken.new)


def _event(told: Told, system: str, spoken: Spoken) -> OutsideEvent:
    who = {name: str(value) for name, value in told.lead.items() if name != "id"}
    asked = {"via": "api"} if told.enrol else {}
    return OutsideEvent(
        system=system,
        token=request.headers["webhook-id"],
        name=told.event or "enrol_asked",
        subject=told.enrol or told.subject,
        human=told.event is not None and told.by == "lead",
        data={**told.data, **asked, **({"interests": told.interests} if told.interests else {})},
        id=str(told.lead.get("id", "")),
        told=who,
        locale=told.locale if told.locale in spoken.locales else spoken.default_locale,
    )


def _problems(told: Told, site: Site) -> Iterator[str]:
    """What this site does not know, or does not let other programs say."""
    fields = {"id", *COLUMNS, *fields_of(site)}
    yield from (f"lead: {_unknown('field', name, fields)}" for name in told.lead if name not in fields)
    known_as = str(told.lead.get("id", "-"))
    if not 1 <= len(known_as) <= LONGEST or not known_as.isprintable():
        yield f"lead: an `id` has 1 to {LONGEST} signs that can be printed"
    if told.event is not None:
        yield from _of_event(told.event, site)
    if told.enrol is not None:
        yield from _of_sequence(told.enrol, site)
        beside = sorted(OF_EVENTS & told.model_fields_set)
        yield from (f"{name}: is said of an `event`, and not beside `enrol`" for name in beside)
    interests = {one.id for one in site.definitions.interests}
    yield from (_unknown("interest", name, interests) for name in told.interests if name not in interests)
    yield from (f"data: `{name}` is a word of the house: call it otherwise" for name in told.data if name in OURS)


def _of_event(name: str, site: Site) -> Iterator[str]:
    named = {label.event for label in site.definitions.event_labels} - set(EVENTS)
    if name in EVENTS:
        yield f"event: `{name}` is noted by the house itself, and nobody else tells it"
    elif name not in named:
        yield f"event: {_unknown('event', name, named)}; [[event_labels]] of definitions.toml name them"


def _of_sequence(name: str, site: Site) -> Iterator[str]:
    lets_in = {key for key, sequence in site.sequences.items() if any(trigger.api for trigger in sequence.trigger)}
    if name not in lets_in:
        yield f"enrol: {_unknown('sequence with a trigger `api = true`', name, lets_in)}"


def _unknown(kind: str, name: str, known: set[str]) -> str:
    there = did_you_mean(name, known) or f"there are {', '.join(sorted(known)) or 'none'}"
    return f"there is no {kind} `{name[:60]}` ({there})"


def _sentence(loc: tuple[Any, ...], message: str) -> str:
    where = ".".join(str(part) for part in loc)
    return f"{where}: {message}" if where else message


def _refused(status: int, problems: list[str]) -> Response:
    answer = jsonify(problems=problems)
    answer.status_code = status
    return answer
