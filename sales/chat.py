"""What a chat room is told: the body of an incoming webhook (`text` and `blocks`, as Slack and others take).

Whatever leads or receivers wrote can neither call anybody, nor lead anywhere, nor look like ours.
Source of the three entities: Slack's guide to formatting text. Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from base.translations import msgid, translator
from base.typography import typeset
from leads.hands import is_asked
from sales.wording import named

LONGEST = 300  # of one line: a section takes 3,000 in all
LINES = 5  # of the score
# Entities for what begins a mention or a link, look-alikes for what marks bold, code, links and channels: a room that
# knows more marks than Slack (Mattermost's `@all`, Markdown's `[…](…)`) meets none of them either.
_HARMLESS = str.maketrans(
    {
        "&": "&amp;", "<": "&lt;", ">": "&gt;",
        "@": "＠", "#": "＃", "*": "∗", "_": "＿", "~": "∼", "`": "ˋ", "[": "［", "]": "］", "|": "❘",
        "\\": "＼",
    }
)  # fmt: skip
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)  # inside what becomes a link without a mark
_JOINER = "\u2060"  # has no width, and breaks no line

SOMEBODY = msgid("Hot lead: %(who)s (%(points)s points)")
ASKING = msgid("Asking for you: %(who)s")
OPEN = msgid("Open the lead")
OTHER = msgid("Word from Terreau: %(what)s")


def chat_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The message that says in lines what the signed webhook says in fields. `payload`: its `type` and `data`."""
    data = payload.get("data", {})
    say = translator(str(data.get("locale") or "en"))
    if payload.get("type") != "lead.hot":
        return _message(say.gettext(OTHER, what=harmless(payload.get("type"))), ())
    lines = [line for line in _lines(data) if line]
    if data.get("lead_url"):
        lines.append(f"<{data['lead_url']}|{say.gettext(OPEN)}>")
    return _message(_headline(data), lines)


def harmless(value: Any) -> str:
    """The words of others on one line, cut, with nothing in them that a chat room acts on."""
    line = " ".join(str(value if value is not None else "").split())
    line = "".join(sign for sign in line if sign.isprintable())
    cut = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return _LINKED.sub(_JOINER, cut).translate(_HARMLESS)


def _headline(data: Mapping[str, Any]) -> str:
    say, lead = translator(str(data["locale"])), data["lead"]
    name = named([lead.get("first_name"), lead.get("last_name")], lead["id"], say)  # `name` may be their address
    who = ", ".join(harmless(part) for part in (name, lead.get("job_title"), lead.get("company")) if part)
    asked = is_asked(str(data.get("reason", "")))
    told = say.gettext(ASKING, who=who) if asked else say.gettext(SOMEBODY, who=who, points=data.get("engagement"))
    return typeset(told, str(data["locale"]))


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    yield harmless(data.get("why_now"))
    yield harmless(data.get("suggestion")) if data.get("suggestion") else ""
    scored = [f"{harmless(line['points'])} {harmless(line['what'])}" for line in data.get("score", ())[:LINES]]
    yield " · ".join(scored)
    yield harmless(data.get("owner_why"))


def _message(headline: str, lines: Sequence[str]) -> dict[str, Any]:
    """`text` is what notifications show; the blocks are what the room shows. No link is unfolded."""
    blocks = [_section(f"*{headline}*"), *([_section("\n".join(lines))] if lines else [])]
    return {"text": headline, "blocks": blocks, "unfurl_links": False, "unfurl_media": False, "link_names": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
