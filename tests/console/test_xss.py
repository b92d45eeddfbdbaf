"""Whatever visitors, authors, servers and colleagues write is shown as text on every page of the console: nothing runs.

Each page is walked by Chromium under the policy it is served with: no dialog, no violation, no message of the browser.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
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
from leads import events
from leads.identity import Capture, ConsentAnswer, record
from sales import notebook, verdicts
from sales.notebook import Author
from storage.schema import hand_offs, leads, messages, submissions, switches, tasks
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
LEADS = 20
# What the views read from an address, by whatever name; each gets what it does not expect.
ASKED = (
    "q", "view", "stage", "temperature", "segment", "source", "owner", "sort", "order", "after", "before", "page",
    "state", "lead", "persona", "locale", "email", "sequence", "step", "width", "part", "period", "from", "to", "days",
    "next", "lang", "open", "choice", "show",
)  # fmt: skip

RUNNING = """() => {
    const found = []
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
    for (const one of document.querySelectorAll("base, object, embed, math, meta[http-equiv=refresh i], style")) {
        found.push(one.outerHTML)
    }
    return found
}"""


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


def hostile_content(folder: Any) -> Any:
    """The example, with a payload at the end of every text that an author writes."""
    shutil.copytree(data_path("content"), folder)
    typed = cycle([one for one in MINE if one.isprintable()])

    def worse(match: re.Match[str]) -> str:
        more = next(typed).replace("\\", "\\\\").replace('"', '\\"')
        return f'{match[1]}"{match[2]} {more}"'

    for file in folder.rglob("*.toml"):
        text = re.sub(r'(\b(?:fr|en|title) = )"((?:[^"\\]|\\.){1,150})"', worse, file.read_text())
        file.write_text(re.sub(r'(?m)^(name = )"([^"@]+ [^"@]+)"', worse, text))
    typed = cycle([one for one in MINE if one.isprintable() and not re.search(r"[{}]", one)])
    for file in folder.rglob("*.md"):
        text = re.sub(r'(?m)^((?:subject|preheader|why) = )"((?:[^"\\]|\\.)+)"$', worse, file.read_text())
        file.write_text(text + f"\n\n{next(typed)}\n")
    return folder


def some(number: int, size: int = 5) -> list[str]:
    """Each lead's own payloads; the first of them differs, so that every one stands at a beginning somewhere."""
    whole = [*MINE, *MINE]
    return whole[number * size : number * size + size]


def joined(number: int, shift: int = 0) -> str:
    own = some(number)
    return " ".join([*own[shift % 5 :], *own[: shift % 5]]).replace("\x00", "")


def captured(number: int, form: str, release_id: int) -> Capture:
    texts = [text.replace("\x00", "") for text in strings()[number::LEADS]]
    columns = {
        name: joined(number, shift)[:200]
        for shift, name in enumerate(("first_name", "last_name", "company", "job_title"))
    }
    answers = {"need": "\n".join(texts), "profession": "interior", "practice": "slow", "team": joined(number, 4)}
    touch = {
        name: joined(number, shift)[:250]
        for shift, name in enumerate(("utm_source", "utm_medium", "utm_campaign", "utm_term", "referrer", "page", "at"))
    }
    return Capture(
        form=form,
        page=joined(number, 1)[:100] if number % 2 else form,
        locale="fr" if number % 3 else "en",
        answers={**answers, **columns, joined(number, 2)[:60]: joined(number, 3)},
        columns={**columns, "email": _address(number), "phone": joined(number)[:20] if number % 4 == 1 else None},
        fields={**answers, joined(number, 2)[:60]: joined(number, 3)},
        consents=(ConsentAnswer("conseils-3d", joined(number), True),),
        touch=touch,
        idempotency_key=f"{number}/{form}",
        release_id=release_id,
        hand_raise=form == "demo",
        magnet="guide-3d" if form == "guide-3d" else None,
        interests=("cao/3d", joined(number)[:100]),
    )


def _address(number: int) -> str:
    return f"ada{number}@x.example" if number % 2 else f"{some(number)[0]}{number}@x.example".replace("\x00", "")[:250]


def fill(stage: Any) -> None:
    """Every door writes what it was given; the engine, the sender and the colleagues do what they do with it."""
    house = stage.house
    release_id = house.releases.in_force().release_id
    author = Author(joined(3), "nadia")
    for number in range(LEADS):
        for form in ("guide-3d", "demo"):
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
        notebook.log_call(conn, lead_id, "callback", joined(number), author, now)
        for due in (now.calendar - timedelta(days=1), now.calendar + timedelta(hours=2)):
            notebook.add_task(conn, lead_id, joined(number, 2), due, "nadia", author, now)
        for item in ("budget", "need"):
            notebook.note_bant(conn, lead_id, item, "partial", joined(number, 3), author, now)
        events.append(
            conn, lead_id, "page_seen", now, evidence="human", subject=joined(number)[:200],
            data={"interests": [joined(number)[:90]], joined(number, 1)[:50]: joined(number, 2)},
        )  # fmt: skip
        conn.execute(update(leads).where(leads.c.id == lead_id).values(tags=some(number), source=joined(number)[:200]))


def _decided(conn: Any, house: Any, author: Author) -> None:
    """Half of the hand-offs wait; the rest got every verdict, for reasons nobody knows."""
    now = house.clocks.moment()
    said = cycle(("rejected", "recycled", "disqualified", "accepted"))
    for number, hand_off_id in enumerate(conn.scalars(select(hand_offs.c.id).order_by(hand_offs.c.id)).all()):
        if number % 2:
            verdict = verdicts.Verdict(
                next(said), joined(number)[:150], now.calendar + timedelta(days=9), joined(number)[:200]
            )
            verdicts.answer(conn, hand_off_id, verdict, author, now)


def _of_others(conn: Any) -> None:
    """What a mail server answers, and why somebody turned a sequence off."""
    for number, message_id in enumerate(conn.scalars(select(messages.c.id).limit(60)).all()):
        said = {"reason": joined(number % LEADS)[:300], "reply": joined(number % LEADS, 1)[:500]}
        state = ("refused", "unknown", "failed", "deferred")[number % 4]
        conn.execute(update(messages).where(messages.c.id == message_id).values(state=state, **said))
    row = {"name": "conseils-3d", "off": True, "reason": joined(5)[:300], "since": conn.scalar(_LATEST)}
    conn.execute(insert(switches).values(row))


_LATEST = select(submissions.c.recorded_at).order_by(submissions.c.id.desc()).limit(1)
SECRET = "cinq loutres sous la lune"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: Any) -> Iterator[Any]:
    """The demo's stage, on that content, with those leads; an admin and a salesperson whose names are as bad."""
    folder = tmp_path_factory.mktemp("hostile")
    wish = demo.Wish(hostile_content(folder / "content"), folder / "data", 0, None, False, leads=0)
    (folder / "data").mkdir()
    with demo.staged(wish, folder / "data", Event()) as stage:
        for role, rep in (("admin", None), ("sales", "nadia")):
            new = staff.NewStaff(f"{role}@x.example", joined(7)[:200], role, rep, "fr")
            now = stage.house.clocks.machine()
            job = partial(staff.add, new=new, password_hash=passwords.hashed(SECRET), machine_now=now)
            stage.house.database.write(job)
        fill(stage)
        yield stage


# ---------------------------------------------------------------- the walk


def addresses(stage: Any, role: str) -> Iterator[str]:
    """Every page, for each thing it can be about; and each of them asked in the worst way."""
    with stage.house.database.read() as conn:
        lead_ids = conn.scalars(select(leads.c.id).order_by(leads.c.id)).all()
        mine = conn.scalars(select(leads.c.id).where(leads.c.owner == "nadia")).all()
        things: dict[str, list[Any]] = {
            "lead_id": mine if role == "sales" else lead_ids,
            "hand_off_id": conn.scalars(select(hand_offs.c.id).limit(4)).all(),
            "message_id": conn.scalars(select(messages.c.id).limit(8)).all(),
            "task_id": conn.scalars(select(tasks.c.id).limit(2)).all(),
        }
    things["name"] = things["sequence"] = list(stage.house.releases.in_force().sequences)
    for route in ROUTES:
        roles = ACCESS[route.endpoint].roles
        if route.method != "GET" or route.endpoint in ("home", "nowhere") or (roles is OUTSIDE or role not in roles):
            continue
        argument = re.search(r"<(?:\w+:)?(\w+)>", route.rule)
        if argument is None:
            yield f"/console{route.rule}"
            yield from (f"/console{route.rule}?{asked(number)}" for number in range(0, LEADS, 7))
            continue
        whole = things[argument[1]]
        for thing in whole if route.endpoint == "lead" else whole[:3]:
            yield f"/console{route.rule.replace(argument[0], quote(str(thing)))}"
        if argument[1] in ("name", "sequence"):
            yield f"/console{route.rule.replace(argument[0], quote(some(3)[0], safe=''))}"


def asked(number: int) -> str:
    return urlencode({name: some(number)[place % 5].replace("\x00", "") for place, name in enumerate(ASKED)})


@pytest.mark.parametrize("role", ["admin", "sales"])
def test_nothing_that_anybody_wrote_runs_on_any_page(hostile: Any, chromium: Any, role: str) -> None:
    faults: list[str] = []
    context = chromium.new_context(base_url=hostile.base_url, locale="fr", reduced_motion="reduce")
    page = context.new_page()
    page.on("dialog", lambda dialog: (faults.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda said: faults.append(f"{page.url}: {said.text}") if not expected(said.text) else None)
    page.goto("/console/sign-in")
    page.fill("[name=email]", f"{role}@x.example")
    page.fill("[name=password]", SECRET)
    page.click("main button.primary")
    page.wait_for_load_state()
    walked = 0
    for path in addresses(hostile, role):
        answer = page.goto(path)
        assert answer.status in (200, 303, 400, 404, 422), (path, answer.status)
        faults += [f"{path}: {one}" for one in page.evaluate(RUNNING)]
        walked += 1
    context.close()
    assert faults == []
    assert walked > 40


def expected(said: str) -> bool:
    """What a browser says of a 4xx that was asked for."""
    return "Failed to load resource: the server responded with a status of 4" in said
