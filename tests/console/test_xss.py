"""Whatever visitors, authors, servers and colleagues write is shown as text on every page of the console: nothing runs.

Each page is walked by Chromium under the policy it is served with: no dialog, no violation, no message of the browser.
What was written has to be read there, every payload of it: a page that leaves it out proves nothing.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import cycle
from threading import Event
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import insert, select, update

from base.paths import data_path
from console import passwords, staff
from console.access import ACCESS, OUTSIDE
from console.blueprint import ROUTES
from console.messages import TABS
from leads import events
from leads.identity import Capture, ConsentAnswer, record
from reports.every import NAMES as REPORTS
from sales import calling, notebook, verdicts
from sales.calling import Call
from sales.notebook import Author
from storage import schema
from storage.schema import hand_offs, leads, messages, submissions, switches
from terreau import demo

STRINGS = data_path().parent / "shared" / "data" / "hostile" / "naughty-strings" / "blns.json"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not STRINGS.exists(), reason="the folder of shared test data is not beside this checkout"),
]

# Ways out of where a text stands, and what would then run: every pair is a payload.
OUTS = ("", '">', "'>", "</textarea>", "</title>", "</script>", "--></style>", "]]>")
RUNS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<details open ontoggle=alert(1)>",
    '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)" autofocus onfocus=alert(1)>x</a>',
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    '<div hx-get="/console/staff" hx-trigger="load" hx-on::load="alert(1)">x</div>',
    '<base href="//evil.example/"><meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<style>@import'//evil.example/x.css';*{background:url(javascript:alert(1))}</style>",
    "<input autofocus onfocus=alert(1) style=animation-name:x onanimationstart=alert(1)>",
)
ALONE = (
    "javascript:alert(1)",
    "JaVaScRiPt&colon;alert(1)",
    " \tjava\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "' onmouseover='alert(1)' autofocus onfocus='alert(1)",
    '" onmouseover="alert(1)" autofocus onfocus="alert(1)',
    "`;alert(1)//",
    "{{constructor.constructor('alert(1)')()}}",
    "{% include '/etc/passwd' %}${alert(1)}#{alert(1)}",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "＜script＞alert(1)＜/script＞",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
MINE = (*(out + run for out in OUTS for run in RUNS), *ALONE)
LEADS, CALLABLE = 20, 16  # from that one on they did not ask for anybody, and are good to call
EACH = 6  # payloads of a lead: together they have all of them
# What the views read from an address, by whatever name; each gets what it does not expect.
ASKED = (
    *("stage", "temperature", "segment", "source", "owner", "following", "sort"),
    *sorted(
        name
        for file in (data_path() / "console").glob("*.py")
        for name in re.findall(r"""request\.args\.get\("(\w+)|"(\w+)" in request\.args""", file.read_text())
        for name in name
        if name
    ),
)

# What would run, or lead elsewhere, on the page as the browser understood it. The head of a mail in its frame holds a
# style sheet and a base of ours.
RUNNING = """() => {
    const found = [], isMail = location.pathname.endsWith("/frame")
    for (const one of document.querySelectorAll("*")) {
        for (const {name, value} of one.attributes) {
            const goes = ["href", "src", "action", "formaction", "xlink:href", "srcdoc", "data"].includes(name)
            const asks = /^hx-(get|post|put|delete|patch)$/.test(name)
            if (/^(on|hx-on)/i.test(name)) found.push(`${one.tagName} ${name}`)
            if (goes && /^[\\s\\x00-\\x20]*(javascript|vbscript|data):(?!image)/i.test(value)) found.push(value)
            if (asks && !value.startsWith("/console")) found.push(`${name}=${value}`)
        }
    }
    for (const one of document.scripts) {
        if (!one.src.startsWith(location.origin + "/static/")) found.push(one.outerHTML)
    }
    const strange = "base[href], object, embed, math, meta[http-equiv=refresh i], style"
    for (const one of document.querySelectorAll(strange)) {
        if (!isMail || !one.matches("head > style")) found.push(one.outerHTML)
    }
    if (!isMail) found.push(...[...document.querySelectorAll("iframe")].filter((one) => one.srcdoc).map(String))
    return found
}"""
READ = """() => [document.documentElement.textContent,
    ...[...document.querySelectorAll("input, textarea, option")].map((one) => one.value)].join(" ")"""


NO_PAGES = {"home", "nowhere", "meeting_file", "report_file"}  # they lead on, or are files


def strings() -> list[str]:
    """The naughty ones that a database and a socket can hold at all."""
    return [text for text in json.loads(STRINGS.read_text()) if text.strip() and text.isascii() | _is_text(text)]


def _is_text(text: str) -> bool:
    with suppress(UnicodeEncodeError):
        text.encode()
        return True
    return False


def test_there_are_a_hundred_payloads_and_all_naughty_strings() -> None:
    assert len(set(MINE)) >= 100
    assert len(strings()) > 480


# ---------------------------------------------------------------- a house full of it

PLACES: set[str] = set()  # everything that was written into, by a name of ours; it is written there too: §name§
# What the console shows nowhere: what an event carries besides, and tags.
NOWHERE = {"costs", "key", "value", "tag", "touch.at", "receipts.reason"}
# What an author writes on one line: texts in a language, titles, what a persona is called; names of people.
TEXTS = r'(\b(?:fr|en|title|first_name|last_name|company|job_title) = )"([^"\\]{1,150})"'
NAMES = r'(?m)^(name = )"([^"@]+ [^"@]+)"'
# One line of the head of a mail's text.
LINES = r'(?m)^((subject|preheader|why) = )"((?:[^"\\]|\\.)+)"$'


def hostile_content(folder: Any) -> Any:
    """The example, with its place and a payload at the end of every text that an author writes."""
    shutil.copytree(data_path("content"), folder)
    typed = [one for one in MINE if one.isprintable()]
    in_toml, in_mails = cycle(typed), cycle([one for one in typed if not re.search(r"[{}]", one)])

    def worse(place: str, text: str, more: str) -> str:
        PLACES.add(place)
        return '"' + f"{text} §{place}§ {more}".replace("\\", "\\\\").replace('"', '\\"') + '"'

    for file in folder.rglob("*.toml"):
        kind = file.stem if file.parent == folder else file.parent.name
        text = re.sub(TEXTS, lambda match, kind=kind: match[1] + worse(kind, match[2], next(in_toml)), file.read_text())
        file.write_text(
            re.sub(NAMES, lambda match, kind=kind: match[1] + worse(f"{kind}.name", match[2], next(in_toml)), text)
        )
    for file in folder.rglob("*.md"):
        text = re.sub(LINES, lambda match: match[1] + worse(match[2], match[3], next(in_mails)), file.read_text())
        PLACES.add("body")
        file.write_text(f"{text}\n\n§body§ {next(in_mails)}\n")
    return folder


def some(number: int) -> list[str]:
    """Each lead's own payloads."""
    return [*MINE, *MINE][number * EACH : (number + 1) * EACH]


def written(place: str, number: int, shift: int = 0, longest: int = 500) -> str:
    """A lead's payloads, each of them first in one of the fields; for every other lead the name of the place leads."""
    PLACES.add(place)
    own, first = some(number), shift % EACH
    mark = [f"§{place}§"] if number % 2 else []
    return " ".join([*mark, *own[first:], *own[:first]]).replace("\x00", "")[:longest]


def captured(number: int, form: str, release_id: int) -> Capture:
    texts = [text.replace("\x00", "") for text in strings()[number::LEADS]]
    columns = {
        name: written(name, number, shift, 200)
        for shift, name in enumerate(("first_name", "last_name", "company", "job_title"))
    }
    answers = {
        "need": "\n".join([written("need", number, 5), *texts]),
        "profession": "interior",
        "practice": "slow",
        "team": written("team", number, 4),
        written("question", number, 2, 60): written("answer", number, 3),
    }
    touch = {
        name: written(f"touch.{name}", number, shift, 250)
        for shift, name in enumerate(("utm_source", "utm_medium", "utm_campaign", "utm_term", "referrer", "page", "at"))
    }
    return Capture(
        form=form,
        page=written("page", number, 1, 100) if number % 3 else form,
        locale="fr" if number % 3 else "en",
        answers={**answers, **columns},
        columns={
            **columns,
            "email": _address(number),
            "phone": some(number)[0][:20] if number % 4 == 1 or number >= CALLABLE else None,
        },
        fields=answers,
        consents=(ConsentAnswer("conseils-3d", written("wording", number), True),),
        touch=touch,
        idempotency_key=f"{number}/{form}",
        release_id=release_id,
        hand_raise=form == "demo",
        magnet="guide-3d" if form == "guide-3d" else None,
        interests=("cao/3d", written("interest", number, 0, 100)),
    )


def _address(number: int) -> str:
    return f"ada{number}@x.example" if number % 2 else f"{some(number)[0]}{number}@x.example".replace("\x00", "")[:250]


def fill(stage: Any) -> None:
    """Every door writes what it was given; the engine, the sender and the colleagues do what they do with it."""
    house = stage.house
    release_id = house.releases.in_force().release_id
    author = Author(written("author", 3, 0, 200), "nadia")
    for number in range(LEADS):
        for form in ("guide-3d", "demo") if number < CALLABLE else ("guide-3d",):
            house.database.write(
                lambda conn, n=number, f=form: record(conn, captured(n, f, release_id), house.clocks.moment())
            )
    stage.pace.rest()
    house.database.write(partial(_noted, house=house, author=author))
    stage.pace.rest()
    house.database.write(partial(_decided, house=house, author=author))
    stage.pace.rest()
    house.database.write(_of_others)


def _noted(conn: Any, house: Any, author: Author) -> None:
    now = house.clocks.moment()
    for number, lead_id in enumerate(conn.scalars(select(leads.c.id).order_by(leads.c.id)).all()):
        for text in [*strings()[number::LEADS], *some(number)]:
            notebook.add_note(conn, lead_id, text.replace("\x00", ""), author, now)
        if number < CALLABLE:
            calling.log_call(conn, lead_id, Call("callback", written("call", number)), author, now)
        for due in (now.calendar - timedelta(days=1), now.calendar + timedelta(hours=2)):
            notebook.add_task(conn, lead_id, written("task", number, 2, 300), due, "nadia", author, now)
        for item in ("budget", "need"):
            notebook.note_bant(conn, lead_id, item, "partial", written("bant", number, 3), author, now)
        subject, interest = written("subject", number, 0, 200), written("event.interest", number, 0, 90)
        data = {"interests": [interest], written("key", number, 1, 50): written("value", number, 2)}
        events.append(conn, lead_id, "page_seen", now, evidence="human", subject=subject, data=data)
        events.append(conn, lead_id, "webinar_attended", now, evidence="human", subject=subject, data=data)
        events.append(conn, lead_id, subject[:60], now, evidence="human", subject=subject, data=data)
        tags = [written("tag", number, shift) for shift in range(EACH)]
        changed = update(leads).where(leads.c.id == lead_id)
        conn.execute(changed.values(tags=tags, source=written("source", number, 4, 200)))


def _decided(conn: Any, house: Any, author: Author) -> None:
    """Half of the hand-offs wait; the rest got every verdict, for reasons nobody knows."""
    now = house.clocks.moment()
    said = cycle(("rejected", "recycled", "disqualified", "accepted"))
    for number, hand_off_id in enumerate(conn.scalars(select(hand_offs.c.id).order_by(hand_offs.c.id)).all()):
        if number % 2:
            verdict = verdicts.Verdict(
                next(said),
                written("verdict", number, 0, 150),
                now.calendar + timedelta(days=9),
                written("reminder", number, 1, 200),
            )
            verdicts.answer(conn, hand_off_id, verdict, author, now)


def _of_others(conn: Any) -> None:
    """What a mail server answers, what the ledgers have for reasons, and why somebody turned a sequence off."""
    for number, message_id in enumerate(conn.scalars(select(messages.c.id).limit(60)).all()):
        said = {
            "state": ("refused", "unknown", "failed", "deferred")[number % 4],
            "reason": written("mail", number % LEADS + number // LEADS, 0, 300),
            "reply": written("reply", number % LEADS + number // LEADS, 1),
        }
        conn.execute(update(messages).where(messages.c.id == message_id).values(said))
    for shift, (table, name) in enumerate(LEDGERS):
        longest = table.c[name].type.length or 500
        text = written(f"{table.name}.{name}", 2 * shift + 1, shift, longest)
        conn.execute(update(table).where(table.c[name].is_not(None)).values({name: text}))
    off = {"name": "conseils-3d", "off": True, "reason": written("switch", 5, 0, 300), "since": conn.scalar(_LATEST)}
    conn.execute(insert(switches).values(off))


# What the house wrote itself, from what it was given: why, and who.
LEDGERS = (
    (schema.stage_changes, "reason"),
    (schema.enrolments, "exit_reason"),
    (schema.receipts, "reason"),
    (schema.decisions, "reason"),
    (schema.releases, "author"),
    (schema.releases, "note"),
    (schema.holders, "name"),
    (hand_offs, "verdict_by"),
)
_LATEST = select(submissions.c.recorded_at).order_by(submissions.c.id.desc()).limit(1)
SECRET = "cinq loutres sous la lune"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: Any) -> Iterator[Any]:
    """The demo's stage, on that content, with those leads; an admin and a salesperson whose names are as bad."""
    folder = tmp_path_factory.mktemp("hostile")
    wish = demo.Wish(hostile_content(folder / "content"), folder / "data", 0, None, False, leads=0)
    (folder / "data").mkdir()
    with demo.staged(wish, folder / "data", Event()) as stage:
        for role, rep, locale in (("admin", None, "fr"), ("sales", "nadia", "en")):
            new = staff.NewStaff(f"{role}@x.example", written("staff", 7, 0, 200), role, rep, locale)
            now = stage.house.clocks.machine()
            job = partial(staff.add, new=new, password_hash=passwords.hashed(SECRET), machine_now=now)
            stage.house.database.write(job)
        fill(stage)
        yield stage


# ---------------------------------------------------------------- the walk


@dataclass
class Watch:
    """A browser that came in, and whatever it complains of."""

    page: Any
    faults: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "dialog", lambda one: (self.faults.append(f"{self.page.url}: dialog {one.message}"), one.dismiss())
        )
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("console", lambda said: expected(said.text) or self.faults.append(f"{self.page.url}: {said.text}"))

    def come_in(self, role: str) -> "Watch":
        self.page.goto("/console/sign-in")
        self.page.fill("[name=email]", f"{role}@x.example")
        self.page.fill("[name=password]", SECRET)
        self.page.click("main button.primary")
        self.page.wait_for_load_state()
        return self

    def goes_to(self, path: str) -> None:
        answer = self.page.goto(path)
        assert answer.status in (200, 303, 400, 404, 422), (path, answer.status)
        self.looks()

    def looks(self) -> None:
        self.faults += [f"{self.page.url}: {one}" for one in self.page.evaluate(RUNNING)]
        self.read.append(self.page.evaluate(READ))

    def missed(self, texts: list[str]) -> list[str]:
        """Those of the texts that stood on no page."""
        whole = spaced(" ".join(self.read))
        return [text for text in texts if spaced(text) not in whole]


def spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\x00", "")).strip()


def expected(said: str) -> bool:
    """What a browser says of a 4xx that was asked for."""
    return "Failed to load resource: the server responded with a status of 4" in said


@pytest.fixture
def watch(hostile: Any, chromium: Any) -> Iterator[Watch]:
    context = chromium.new_context(base_url=hostile.base_url, reduced_motion="reduce")
    yield Watch(context.new_page())
    context.close()


def addresses(stage: Any, role: str) -> Iterator[str]:
    """Every page, for each thing it can be about; and each of them asked in the worst way."""
    with stage.house.database.read() as conn:
        lead_ids = conn.scalars(select(leads.c.id).order_by(leads.c.id)).all()
        mine = conn.scalars(select(leads.c.id).where(leads.c.owner == "nadia")).all()
        things: dict[str, list[Any]] = {
            "lead_id": mine if role == "sales" else lead_ids,
            "message_id": conn.scalars(select(messages.c.id).limit(8)).all(),
            "domain": conn.scalars(select(leads.c.company_domain).where(leads.c.company_domain.is_not(None))).all(),
            "import_id": [],  # a house that nobody brought a list to
            "token": conn.scalars(select(hand_offs.c.token).limit(4)).all(),
        }
    things["report"] = list(REPORTS)
    things["name"] = list(stage.house.releases.in_force().sequences)
    for route in ROUTES:
        roles = ACCESS[route.endpoint].roles
        if route.method != "GET" or route.endpoint in NO_PAGES or (roles is OUTSIDE or role not in roles):
            continue
        argument = re.search(r"<(?:\w+:)?(\w+)>", route.rule)
        if argument is None:
            yield f"/console{route.rule}"
            yield from (f"/console{route.rule}?{asked(number)}" for number in range(0, LEADS, 7))
            continue
        whole = things[argument[1]]
        for thing in whole if route.endpoint == "lead" else whole[:4]:
            yield f"/console{route.rule.replace(argument[0], quote(str(thing)))}"
        if argument[1] == "name":
            yield f"/console{route.rule.replace(argument[0], quote(some(3)[0], safe=''))}"
    if role == "admin":
        yield from (f"/console/messages?view={view}" for view in TABS)
        yield from (f"/v/{token}?choice=reject" for token in things["token"])


def asked(number: int) -> str:
    texts = cycle(text.replace("\x00", "") for text in some(number))
    return urlencode({name: next(texts) for name in ASKED})


@pytest.mark.parametrize("role", ["admin", "sales"])
def test_nothing_that_anybody_wrote_runs_on_any_page(hostile: Any, watch: Watch, role: str) -> None:
    watch.come_in(role)
    for path in addresses(hostile, role):
        watch.goes_to(path)
    assert watch.faults == []
    if role == "admin":
        assert watch.missed([*MINE, *strings()]) == []
        assert watch.missed([f"§{place}§" for place in PLACES - NOWHERE]) == []


# ---------------------------------------------------------------- what staff type, and what is put in place

STAFF = "form[action='/console/staff']"
SOMEBODY = select(leads.c.id).where(leads.c.phone.is_not(None), leads.c.merged_into.is_(None)).order_by(leads.c.id)


def test_what_staff_type_and_what_is_put_in_its_place_does_not_run(hostile: Any, watch: Watch) -> None:
    """Acts in place, with all payloads at once; what is refused comes back in its field."""
    whole, page = "\n".join(MINE).replace("\x00", ""), watch.page
    page.goto("/console/sign-in")
    send(watch, "main form", email=f"{MINE[0]}@x.example", password=MINE[1])
    watch.come_in("admin")
    with hostile.house.database.read() as conn:
        page.goto(f"/console/leads/{conn.scalar(SOMEBODY)}")
    press(watch, "#further a")
    send(watch, "#part-notes form", text=whole)
    send(watch, "#part-calls form", note=whole[:1000])
    send(watch, "#part-tasks form.form", title=whole[:300])
    send(watch, "#part-bant form", note=whole[-1000:])
    page.goto("/console/leads")
    for number in range(0, len(MINE), 10):
        send(watch, "form.tools", q=MINE[number])
    page.goto("/console/staff")
    send(watch, STAFF, name=whole[:200], email=f"{MINE[2]}@x.example")
    send(watch, STAFF, name=whole[200:400], email="bob@x.example")
    page.goto("/console/today")
    assert page.locator("ul.ripe a").count() > 0
    for act in (".hand button.primary", ".calls .seg button", ".tasks .tick"):
        press(watch, act)
    assert watch.faults == []
    assert watch.missed(MINE) == []


def send(watch: Watch, form: str, **given: str) -> None:
    """Fill in that form, whatever its fields think of it, send it, and look at what came back."""
    watch.page.evaluate(FILL, [form, given])
    watch.page.wait_for_selector("html:not([data-away])")
    watch.looks()


def press(watch: Watch, act: str) -> None:
    watch.page.evaluate(PRESS, act)
    watch.page.wait_for_selector("html:not([data-away])")
    watch.looks()


# The page says that it is away until another one is there, or another part of it.
AWAY = """
    document.documentElement.dataset.away = ""
    document.addEventListener("htmx:after:swap", () => { delete document.documentElement.dataset.away }, {once: true})
"""
PRESS = f"(act) => {{ {AWAY} document.querySelector(act).click() }}"
FILL = f"""([selector, given]) => {{
    {AWAY}
    const form = document.querySelector(selector)
    form.noValidate = true
    for (const [name, value] of Object.entries(given)) {{
        form.elements[name].removeAttribute("maxlength")
        form.elements[name].value = value
    }}
    for (const one of form.querySelectorAll("[type=radio]")) one.checked = true
    form.requestSubmit(form.querySelector("button:not([type=button])"))
}}"""


# ---------------------------------------------------------------- that it would be seen

LOUD = [one for one in RUNS if re.match(r"<(script|img|svg/|details|iframe|input)", one)]


@pytest.mark.parametrize("policy", [True, False], ids=["under the policy", "without it"])
def test_what_ran_would_be_seen(watch: Watch, policy: bool) -> None:
    """A page with a payload in it as it was written: refused by the policy, which is a fault here; else a dialog."""
    watch.come_in("admin")
    for payload in LOUD:
        watch.faults.clear()
        watch.page.route("**/console/health", partial(let_through, payload=payload, policy=policy))
        watch.page.goto("/console/health")
        watch.looks()
        watch.page.unroute("**/console/health")
        said = "Content Security Policy" if policy else "dialog 1"
        assert any(said in fault for fault in watch.faults), payload
        assert len(watch.faults) > 1, payload  # and what the page holds is found besides


def let_through(route: Any, payload: str, policy: bool) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if policy or "content-security" not in name}
    route.fulfill(response=answer, headers=headers, body=answer.text().replace("<h1>", f"{payload}<h1>"))
