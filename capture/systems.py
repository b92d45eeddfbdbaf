"""What other programs tell of leads, each signed with the secret of its [[systems]]: an event of theirs, whom to let
into a sequence, or what sales decided. Answers are JSON, for programs; what is wrong with a call is said all at once.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import Response, abort, jsonify, request
from pydantic import ValidationError
from sqlalchemy import Connection

from authoring.site import Site
from authoring.vocabulary import EVENTS
from base.clock import Moment
from base.settings import Site as Spoken
from capture import decisions
from capture.bodies import Told, unknown
from capture.door import Door
from capture.signed import signed
from leads.correcting import NoCorrection, fields_of
from leads.facts import COLUMNS
from leads.outside import LONGEST
from leads.outside_events import NobodyTold, OutsideCall, OutsideEvent, Taken, take
from sales.outside import NotSo, do

LONGEST_BODY = 32 << 10  # bytes
# What the house itself notes with an event, and reads again.
OURS = frozenset({"by", "chain", "hand_raise", "interests", "message_id", "of", "staff", "system", "via"})


def post(door: Door) -> Response:
    """200 with `lead` (its number, null for whoever asked to be forgotten) and `new` (false: told before); 400 with
    `problems`, 409 where the lead stands otherwise; 401 without a true signature; 403 for a decision of sales by a
    system that does not speak for sales; 404 where no [[systems]] are.
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
    if (word := told.verdict or told.deal) and not system.decides:
        return _refused(403, [f"`{system.name}` does not say `{word}`: its [[systems]] has no `decides = true`"])
    if problems := list(_problems(told, site)):
        return _refused(400, problems)
    job = _job(told, system.name, door, site, now)
    try:
        taken = door.database.write(job)
    except (NobodyTold, NoCorrection) as error:
        return _refused(400, [str(error)])
    except NotSo as error:
        return _refused(409, [str(error)])
    return jsonify(lead=taken.lead_id, new=taken.new)


def _job(told: Told, system: str, door: Door, site: Site, now: Moment) -> Callable[[Connection], Taken]:
    key = door.keys.suppression
    if told.event is not None or told.enrol is not None:
        return partial(take, event=_event(told, system, site, door.config.site), key=key, now=now)
    call = OutsideCall(system, request.headers["webhook-id"], id=told.known_as, told=told.who)
    verb = decisions.verb(told, site, door.config.site, now)
    return partial(do, call=call, verb=verb, key=key, site=site, now=now)


def _event(told: Told, system: str, site: Site, spoken: Spoken) -> OutsideEvent:
    asked: dict[str, Any] = {"via": "api"} if told.enrol else {}
    if told.event is not None and told.by == "lead" and site.definitions.raises_hand(told.event, told.subject):
        asked["hand_raise"] = True
    return OutsideEvent(
        system=system,
        token=request.headers["webhook-id"],
        name=told.event or "enrol_asked",
        subject=told.enrol or told.subject,
        human=told.event is not None and told.by == "lead",
        data={**told.data, **asked, **({"interests": told.interests} if told.interests else {})},
        id=told.known_as,
        told=told.who,
        locale=told.locale if told.locale in spoken.locales else spoken.default_locale,
    )


def _problems(told: Told, site: Site) -> Iterator[str]:
    """What this site does not know, or does not let other programs say."""
    fields = {"id", *COLUMNS, *fields_of(site)}
    yield from (f"lead: {unknown('field', name, fields)}" for name in told.lead if name not in fields)
    known_as = str(told.lead.get("id", "-"))
    if not 1 <= len(known_as) <= LONGEST or not known_as.isprintable():
        yield f"lead: an `id` has 1 to {LONGEST} printable characters"
    if told.event is not None:
        yield from _of_event(told.event, site)
    if told.enrol is not None:
        yield from _of_sequence(told.enrol, site)
    yield from told.misfits()
    yield from decisions.problems(told, site)
    interests = {one.id for one in site.definitions.interests}
    yield from (unknown("interest", name, interests) for name in told.interests if name not in interests)
    yield from (f"data: `{name}` is a word of the house: call it otherwise" for name in told.data if name in OURS)


def _of_event(name: str, site: Site) -> Iterator[str]:
    named = {label.event for label in site.definitions.event_labels} - set(EVENTS)
    if name in EVENTS:
        yield f"event: `{name}` is noted by the house itself, and nobody else tells it"
    elif name not in named:
        yield f"event: {unknown('event', name, named)}; [[event_labels]] of definitions.toml name them"


def _of_sequence(name: str, site: Site) -> Iterator[str]:
    lets_in = {key for key, sequence in site.sequences.items() if any(trigger.api for trigger in sequence.trigger)}
    if name not in lets_in:
        yield f"enrol: {unknown('sequence with a trigger `api = true`', name, lets_in)}"


def _sentence(loc: tuple[Any, ...], message: str) -> str:
    where = ".".join(str(part) for part in loc)
    return f"{where}: {message}" if where else message


def _refused(status: int, problems: list[str]) -> Response:
    answer = jsonify(problems=problems)
    answer.status_code = status
    return answer
