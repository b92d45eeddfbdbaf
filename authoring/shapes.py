"""What belongs at a place in an authored file, read from the JSON Schema of its kind, and the words for it.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authoring.models.common import Model
from authoring.models.costs import Costs
from authoring.models.definitions import Definitions
from authoring.models.emails import EmailFrontMatter
from authoring.models.forms import Form
from authoring.models.magnets import Magnet
from authoring.models.pages import Page
from authoring.models.personas import Persona
from authoring.models.sequences import Sequence
from authoring.patterns import LOCALE, LOOKS_LIKE
from base.saying import Said, either, said

Schema = dict[str, Any]
Path = tuple[str | int, ...]

# The kinds of text files and the model each is read with.
MODELS: dict[str, type[Model]] = {
    "definitions": Definitions,
    "costs": Costs,
    "page": Page,
    "form": Form,
    "magnet": Magnet,
    "sequence": Sequence,
    "persona": Persona,
    "email": EmailFrontMatter,
}
# What an author calls the table that a model reads, at the beginning of a sentence.
NOUNS: dict[str, Said] = {
    "Action": said("this action"),
    "Absence": said("this absence"),
    "Addresses": said("the choice of addresses"),
    "BantItem": said("this BANT item"),
    "Branch": said("this branch"),
    "Brand": said("this brand"),
    "Case": said("this case"),
    "Condition": said("this condition"),
    "Cost": said("this cost"),
    "Costs": said("this file"),
    "Deals": said("this `[deals]` section"),
    "Definitions": said("this file"),
    "Edit": said("this edit"),
    "EmailFrontMatter": said("this front matter"),
    "EngagementRule": said("this scoring rule"),
    "Limit": said("this limit of points"),
    "Escalation": said("this escalation"),
    "EventLabel": said("this event label"),
    "Expectation": said("this expectation"),
    "FitRule": said("this fit rule"),
    "Form": said("this form"),
    "FormField": said("this field"),
    "Goal": said("this goal"),
    "HandOff": said("this hand-off"),
    "Hero": said("this hero"),
    "House": said("this house"),
    "IdealCustomer": said("this persona"),
    "Interest": said("this interest"),
    "Magnet": said("this magnet"),
    "MagnetFile": said("this file of the magnet"),
    "Notify": said("this notification"),
    "Option": said("this option"),
    "Outage": said("this outage"),
    "Page": said("this page"),
    "Palette": said("this palette"),
    "Persona": said("this persona"),
    "Pick": said("this `pick`"),
    "Pressure": said("this `[pressure]` section"),
    "QuietHours": said("this `quiet_hours`"),
    "Reason": said("this reason"),
    "Agreement": said("this `[agreement]` section"),
    "Yes": said("the yes of a side"),
    "Recycling": said("this `[recycling]` section"),
    "Rep": said("this rep"),
    "Route": said("this route"),
    "Row": said("this row"),
    "Scoring": said("this `[scoring]` section"),
    "Section": said("this section"),
    "Segment": said("this segment"),
    "SendWindow": said("this send window"),
    "Sender": said("this sender"),
    "Sequence": said("this sequence"),
    "SetFields": said("this `set`"),
    "Share": said("this share"),
    "Stage": said("this stage"),
    "Step": said("this step"),
    "Suggestion": said("this suggestion"),
    "Task": said("this task"),
    "Temperature": said("this temperature"),
    "Thanks": said("this `[thanks]` section"),
    "Topic": said("this topic"),
    "Trigger": said("this trigger"),
    "Utm": said("what links say of their mail"),
    "WaitFor": said("this `wait_for`"),
    "WaitUntil": said("this `wait_until`"),
    "WorkingHours": said("these hours of work"),
}
_TYPES = {
    "string": said("a text in quotes"),
    "integer": said("a whole number without quotes"),
    "boolean": said("`true` or `false`"),
    "array": said("a list in `[ ]`"),
}

_FORMATS = {
    "date-time": said("a date and time without quotes, such as 2026-03-31T09:00:00"),
    "email": said('an email address in quotes, such as "chloe@atelier.example"'),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The alternatives that a file may have at one place."""

    root: Schema
    options: tuple[Schema, ...]

    def takes(self) -> list[str]:
        """The keys that a table here takes, in the order of its model."""
        return [key for option in self.options for key in option.get("properties", {})]

    def noun(self) -> Said:
        """What to call the table here: "this step"."""
        titles = [NOUNS[option["title"]] for option in self.options if "properties" in option]
        return titles[0] if titles else said("this table")

    def choices(self) -> list[str]:
        """The values that may stand here, where only a few may."""
        return [str(choice) for option in self.options for choice in _choices(option)]

    def is_number(self) -> bool:
        return any(option.get("type") == "integer" for option in self.options)

    def expected(self) -> str:
        """In words: "a duration such as …", "one of `text`, `email`", "a text in quotes or a whole number"."""
        words = list(dict.fromkeys(filter(None, (_words(option) for option in self.options))))
        if choices := self.choices():
            ticked = ", ".join(f"`{choice}`" for choice in choices)
            words.append(said("one of %(choices)s", choices=ticked) if choices[1:] else ticked)
        return either(words) if words else said("something else")

    def below(self, segment: str | int) -> "Shape":
        """The shape of the value of that key, or of that item of a list."""
        return Shape(self.root, tuple(flat for option in self.options for flat in self._below(option, segment)))

    def _below(self, option: Schema, segment: str | int) -> Iterator[Schema]:
        if isinstance(segment, int):
            yield from _flat(option.get("items", {}), self.root)
        elif segment in option.get("properties", {}):
            yield from _flat(option["properties"][segment], self.root)
        else:
            for inner in option.get("patternProperties", {}).values():
                yield from _flat(inner, self.root)
            if isinstance(option.get("additionalProperties"), dict):
                yield from _flat(option["additionalProperties"], self.root)


@lru_cache
def shape_of(kind: str) -> Shape:
    """The shape of a whole file of that kind."""
    schema = MODELS[kind].model_json_schema(by_alias=True)
    return Shape(schema, tuple(_flat(schema, schema)))


def shape_at(kind: str, path: Path) -> Shape:
    """The shape at a place below the root of a file of that kind."""
    shape = shape_of(kind)
    for segment in path:
        shape = shape.below(segment)
    return shape


def _flat(schema: Schema, root: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _flat(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    elif "anyOf" in schema or "oneOf" in schema:
        for option in schema.get("anyOf") or schema["oneOf"]:
            yield from _flat(option, root)
    elif schema and schema.get("type") != "null":
        yield schema


def _choices(option: Schema) -> list[Any]:
    given = list(option.get("enum", [option["const"]] if "const" in option else []))
    return [str(choice).lower() if isinstance(choice, bool) else choice for choice in given]


def _words(option: Schema) -> str | None:
    if _choices(option):
        return None
    if "properties" in option:
        keys = option.get("required") or list(option["properties"])[:1]
        some = ", ".join(f"{key} = …" for key in keys[:3]) + (", …" if keys[3:] else "")
        return said("a table such as %(table)s", table=f"{{ {some} }}")
    if LOCALE in option.get("patternProperties", {}):
        return said('a text for each language, such as { fr = "…", en = "…" }')
    if option.get("type") == "object":
        return said("a table of keys and values")
    if words := _FORMATS.get(option.get("format", "")):
        return words
    return LOOKS_LIKE.get(option.get("pattern", "")) or _TYPES.get(option.get("type", ""))
