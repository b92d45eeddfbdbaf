"""What a record says of somebody, by the same rules as a form; or the reason why it is nobody who can be reached.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from base.calendars import is_zone
from leads import postal
from leads.addresses import NotAnAddress, NotANumber
from leads.facts import COMPANY_ZONE
from leads.imports import departures, names, values
from leads.imports.columns import EMAIL, FULL_NAME, LAST_FIRST, PHONE, TAGS
from leads.imports.departures import Departure
from leads.imports.mapping import CONSENT, CONSENT_AT, OUTSIDE
from leads.imports.reached import address_in, addresses_of, number_in
from leads.imports.records import Record
from leads.mailboxes import DISPOSABLE, ROLE, kind_of
from leads.typos import meant_domain

LONGEST_COLUMN, LONGEST_FIELD, LONGEST_TAG, MOST_TAGS, LONGEST_ID = 200, 2000, 60, 50, 250
BOTH_NAMES = ("first_name", "last_name")
NAMED = (*BOTH_NAMES, "company", "job_title")

NOBODY, TOO_MANY_CELLS = "nobody", "too_many_cells"
# What is kept back of a row that is taken, or worth a look in it.
PHONE_LEFT_OUT, TOO_LONG, TYPO, SEVERAL = "phone_left_out", "too_long", "typo", "several"
# What is wrong with the consents of a row.
NO_DAY, OTHER_ADDRESS = "no_day", "other_address"
UNREAD = "unread"  # nobody can tell whether the row says that they left elsewhere


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows are read. `fields` is {place of a column: field}; `width` the columns of the list."""

    width: int
    fields: Mapping[int, str]
    locales: tuple[str, ...] = ("fr", "en")
    region: str = "FR"  # numbers without a country code are of this country
    roles: bool = True  # addresses such as contact@ are taken
    disposable: bool = True  # so are those that are thrown away after use
    everybody: str | None = None  # why everybody on the list is left alone, as in `suppressions`


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a row names: `columns` are the lead's own, filled ones only; `consents` the topics it says yes to,
    and `flaw` why they count for nothing; `unread` what stands where it should say whether they left elsewhere, empty
    for an address."""

    line: int
    columns: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    locale: str | None = None
    timezone: str | None = None
    consents: tuple[str, ...] = ()
    consent_day: datetime | None = None
    ids: Mapping[str, str] = field(default_factory=dict)  # {system: what it calls them}
    hints: tuple[str, ...] = ()
    flaw: str | None = None
    departure: Departure | None = None
    unread: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """By what the same contact is known again in the list: their address, else their number."""
        return self.columns.get(EMAIL) or self.columns[PHONE]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not taken. `code` is a key of `reasons.REASONS`; `about` a number that
    goes with it, such as the line of the same contact; never what is written there. `departure`: what it says of having
    left elsewhere counts all the same."""

    line: int
    code: str
    about: str = ""
    departure: Departure | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What is kept back of a row that is taken, or worth a look in it. `code` is a key of `reasons.HINTS`."""

    line: int
    code: str


def read(record: Record, rules: Rules) -> Contact | Reject:
    """The contact of a record, or why there is none."""
    if record.flaw is not None:
        return Reject(record.line, record.flaw)
    if any(cell.strip() for cell in record.cells[rules.width :]):
        return Reject(record.line, TOO_MANY_CELLS, str(rules.width))
    told = _Told(rules.everybody)
    for place, target in rules.fields.items():
        if place < len(record.cells) and (cell := values.tidy(record.cells[place])):
            told.hear(target, cell, rules)
    if told.fault is not None:
        return Reject(record.line, told.fault, departure=told.departure())
    left_out = told.spoilt and PHONE not in told.columns
    if EMAIL not in told.columns and PHONE not in told.columns:
        return Reject(record.line, PHONE_LEFT_OUT if left_out else NOBODY)
    told.hints += [PHONE_LEFT_OUT] if left_out else []
    return told.contact(record.line)


class _Told:
    """What the cells of one record said so far."""

    def __init__(self, everybody: str | None) -> None:
        self.columns: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.tags: list[str] = []
        self.locale: str | None = None
        self.timezone: str | None = None
        self.consents: list[str] = []
        self.day: datetime | None = None
        self.ids: dict[str, str] = {}
        self.hints: list[str] = []
        self.spoilt = False  # a number that cannot be called
        self.fault: str | None = None
        self.passed_over = False  # an address was refused before the one that is taken
        self.has_no_day = False  # a day stands there, and cannot be read
        self.more: list[str] = []  # cells with addresses, beside the one that is taken
        self.left = [everybody] if everybody else []
        self.left_on: datetime | None = None
        self.unread: list[str] = []

    def hear(self, target: str, cell: str, rules: Rules) -> None:
        if target == EMAIL:
            self._address(cell, rules)
        elif target == PHONE:
            self._number(cell, rules)
        elif target in (FULL_NAME, LAST_FIRST):
            self._both_names(cell, target == LAST_FIRST)
        elif target in NAMED:
            self._named(target, cell)
        elif target.startswith(CONSENT):
            self._agreed(target.removeprefix(CONSENT), cell)
        elif target in departures.FIELDS:
            self._left(target, cell)
        elif target.startswith(OUTSIDE):
            self._called(target.removeprefix(OUTSIDE), values.one_line(cell))
        else:
            self._besides(target, cell, rules)

    def contact(self, line: int) -> Contact:
        flaw = NO_DAY if self.has_no_day else None
        if self.passed_over:  # nobody knows of which address they said yes
            flaw = OTHER_ADDRESS
        if self.unread:
            flaw = UNREAD
            self.hints.append(UNREAD)
        return Contact(
            line, self.columns, self.fields, tuple(dict.fromkeys(self.tags)), self.locale, self.timezone,
            tuple(self.consents), self.day, self.ids, tuple(self.hints), flaw, self.departure(), tuple(self.unread),
        )  # fmt: skip

    def departure(self) -> Departure | None:
        """That they left elsewhere, at every address that the row names: nobody knows which one they left at."""
        if not self.left:
            return None
        own = [self.columns[EMAIL]] if EMAIL in self.columns else []
        addresses = tuple(dict.fromkeys([*own, *(one for cell in self.more for one in addresses_of(cell))]))
        phone = None if self.fault else self.columns.get(PHONE)  # of a row that is not taken nobody is known by it
        return Departure(departures.gravest(self.left), addresses, phone, self.left_on)

    def _address(self, cell: str, rules: Rules) -> None:
        """Of several columns the first that mail can be written to; what is wrong with another costs nothing then."""
        if EMAIL in self.columns:
            self.more.append(cell)
            return
        try:
            address, others = address_in(cell)
        except NotAnAddress as error:
            self.fault = self.fault or error.code
            return
        kind = kind_of(address)
        if kind and not {ROLE: rules.roles, DISPOSABLE: rules.disposable}[kind]:
            self.fault = kind
            self.more.append(cell)
            return
        self.passed_over = self.fault is not None
        self.fault, self.columns[EMAIL] = None, address
        if kind:
            self.hints.append(kind)
        if meant_domain(address) is not None:
            self.hints.append(TYPO)
        if others:
            self.more.append(cell)
            self.hints.append(SEVERAL)

    def _agreed(self, topic: str, cell: str) -> None:
        if values.says_yes(cell):
            self.consents.append(topic)
        elif no := departures.no_among(cell):
            self.left.append(no)

    def _left(self, target: str, cell: str) -> None:
        reason = departures.told(target, cell)
        if reason is None:
            self.unread.append("" if "@" in cell else cell[:LONGEST_TAG])  # an address is told by its line alone
        elif reason:
            self.left.append(reason)
            days = [day for day in (self.left_on, values.day(cell)) if day is not None]
            self.left_on = max(days, default=None)

    def _number(self, cell: str, rules: Rules) -> None:
        """A number that is none costs the row nothing but the number, as long as there is an address."""
        if PHONE in self.columns:
            return
        try:
            self.columns[PHONE] = number_in(cell, rules.region)
        except NotANumber:
            self.spoilt = True

    def _both_names(self, cell: str, last_first: bool) -> None:
        told = [self.columns.get(target) for target in BOTH_NAMES]
        for target, name in zip(BOTH_NAMES, names.split(cell, last_first), strict=True):
            if name and target not in self.columns and not any(names.is_same(name, one) for one in told):
                self._named(target, name)

    def _named(self, target: str, cell: str) -> None:
        name = values.one_line(cell)
        if len(name) > LONGEST_COLUMN:
            self.hints.append(TOO_LONG)
        else:
            self.columns[target] = name

    def _called(self, system: str, value: str) -> None:
        if len(value) > LONGEST_ID:
            self.hints.append(TOO_LONG)
        else:
            self.ids[system] = value

    def _besides(self, target: str, cell: str, rules: Rules) -> None:
        if target == TAGS:
            self.tags += [tag for part in cell.replace(";", ",").split(",") if (tag := part.strip()[:LONGEST_TAG])]
            self.tags = self.tags[:MOST_TAGS]
        elif target == "locale":
            self.locale = values.language(cell, rules.locales)
        elif target == "timezone":
            self.timezone = cell if is_zone(cell) else None
        elif target == CONSENT_AT:
            self.day = values.day(cell)
            self.has_no_day = self.day is None
        elif target == COMPANY_ZONE and not is_zone(cell):
            return
        elif len(cell) > LONGEST_FIELD:
            self.hints.append(TOO_LONG)
        else:
            self.fields[target] = postal.canonical(target, cell)
