"""What a chat room is told: readable, in the rep's language, and never a mention, a link or a mark by somebody else."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.chat import LONGEST, chat_body, harmless

PAYLOAD = {
    "type": "lead.hot",
    "timestamp": "2026-11-03T09:00:00+00:00",
    "data": {
        "lead": {
            "id": 7, "name": "Chloé Marchand", "first_name": "Chloé", "last_name": "Marchand",
            "job_title": "Architecte", "company": "Atelier Marchand",
        },
        "locale": "fr",
        "reason": "enter: engagement 92, fit 40",
        "engagement": 92,
        "why_now": "Chloé vient d’atteindre 92 points (seuil : 80).",
        "suggestion": "Proposer une démonstration.",
        "score": [{"what": "Lien suivi", "points": "+60"}, {"what": "Démonstration demandée", "points": "+32"}],
        "owner_why": "Nadia, dont c’était le tour.",
        "lead_url": "https://lumen.example/console/leads/7",
        "email": "chloe@marchand.example",
    },
}  # fmt: skip
ATTACKS = [
    "<!channel>", "<!here|here>", "<@U012AB3CD>", "<#C012|general>", "<https://evil.example|Terreau>", "\\<!x>",
    "@channel", "@all", "@here", "[Terreau](https://evil.example)", "![x](http://evil.example/x.png)",
    "*bold* _it_ ~gone~ `code`", "```\ncode\n```", "> quote", "https://evil.example/login", "HTTP://EVIL.EXAMPLE",
    "www.evil.example", "&lt;!channel&gt;", "mailto:x@evil.example", "#general", "\u202eevil", "a\x00b\x1b[31m",
    "line\nbreak\u2028and\u2029more", "|table|",
]  # fmt: skip
SPACES = str.maketrans({"\u2060": "", "\u00a0": " ", "\u202f": " "})  # those that we set ourselves


def with_name(text):
    lead = {**PAYLOAD["data"]["lead"], "name": text, "first_name": text, "company": text, "job_title": text}
    data = {**PAYLOAD["data"], "lead": lead, "why_now": text, "suggestion": text, "owner_why": text}
    data["score"] = [{"what": text, "points": "+1"}]
    return {**PAYLOAD, "data": data}


def texts(body):
    return [body["text"], *(block["text"]["text"] for block in body["blocks"])]


def test_a_room_reads_who_why_and_where_in_the_language_of_the_rep():
    body = chat_body(PAYLOAD)
    assert body["text"] == "Lead chaud\u00a0: Chloé Marchand, Architecte, Atelier Marchand (92 points)"
    head, rest = (block["text"] for block in body["blocks"])
    assert (head["type"], head["text"]) == ("mrkdwn", f"*{body['text']}*")
    assert "92 points (seuil : 80)" in rest["text"]
    assert "+60 Lien suivi · +32 Démonstration demandée" in rest["text"]
    assert rest["text"].endswith("<https://lumen.example/console/leads/7|Ouvrir sa fiche>")
    assert (body["unfurl_links"], body["link_names"]) == (False, False)
    assert "marchand.example" not in json.dumps(body), "no address: a room has many readers"


def test_a_raised_hand_says_so():
    asked = {**PAYLOAD, "data": {**PAYLOAD["data"], "reason": "hand_raise: demo", "locale": "en"}}
    assert chat_body(asked)["text"].startswith("Asking for you: Chloé Marchand")


@pytest.mark.parametrize(("locale", "called"), [("fr", "Lead n° 7"), ("en", "Lead no. 7")])
@pytest.mark.parametrize("reached", ["bob@lumen.example", "+33639981234"])
def test_whoever_gave_no_name_is_called_by_their_number(reached, locale, called):
    lead = {**PAYLOAD["data"]["lead"], "name": reached, "first_name": None, "last_name": None}
    body = chat_body({**PAYLOAD, "data": {**PAYLOAD["data"], "lead": lead, "locale": locale}})
    assert f": {called}, Architecte, Atelier Marchand (92 points)" in body["text"]
    assert reached not in json.dumps(body, ensure_ascii=False)


def test_any_other_word_is_passed_on_by_its_type_alone():
    body = chat_body({"type": "sequence.step", "data": {"lead": {"email": "ada@lumen.example"}}})
    assert body["text"] == "Word from Terreau: sequence.step"
    assert "ada@" not in json.dumps(body)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_a_lead_wrote_is_obeyed(attack):
    assert_harmless(attack)


@given(st.text(max_size=60), st.sampled_from(ATTACKS), st.text(max_size=60))
def test_nothing_is_obeyed_wherever_it_stands(before, attack, after):
    assert_harmless(before + attack + after)


def assert_harmless(written):
    body = chat_body(with_name(written))
    link = f"<{PAYLOAD['data']['lead_url']}|Ouvrir sa fiche>"
    for text in texts(body):
        rest = text.removesuffix(link).removeprefix("*").removesuffix("*")
        assert not set(rest) & set("<>@*_~`[]|"), rest
        assert "://" not in rest
        assert not re.search(r"(?i)www\.", rest)
        assert all(line.isprintable() for line in rest.translate(SPACES).split("\n"))
        assert not re.search(r"&(?!amp;|lt;|gt;)", rest)
    assert len(texts(body)[1].split("\n")) == 1


@given(st.text(max_size=1000))
def test_a_line_is_one_and_has_an_end(written):
    told = harmless(written)
    assert "\n" not in told
    assert len(told) <= 5 * (LONGEST + 1)
