"""`terreau hits`: files of hits under whatever names, in either language."""

import json
import re

import pytest
from click.testing import CliRunner

from terreau.cli import main
from terreau.hit_files import read_hits

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def classes(*records):
    text = "\n".join(json.dumps(record) for record in records)
    return [one.verdict.klass for one in read_hits(text.encode()).judged]


def click(at, link="1", **more):
    return {"event": "click", "timestamp": at, "message_id": "m", "url": link, "user_agent": FIREFOX, **more}


def test_a_file_of_lines_whatever_its_names():
    assert classes(
        click("2026-11-10T10:00:00Z", method="HEAD"),
        {"type": "open", "ts": 1794300000, "messageId": "n", "userAgent": GMAIL},
        {"kind": "Clicked", "clicked_at": "2026-11-10 12:00:00+01:00", "lead": 7, "ua": FIREFOX, "ip": "81.2.3.4"},
        {"kind": "click", "time": 1794300000000, "mail": "q", "link": "1", "trap": True},
    ) == ["machine", "proxy", "human", "machine"]


def test_records_inside_records_and_headers_of_any_case():
    asked = {"request": {"headers": {"Sec-Purpose": "prefetch", "User-Agent": FIREFOX, "Accept": "*/*"}}}
    assert classes({"event": {"type": "click"}, "at": "2026-11-10T10:00:00Z", **asked}) == ["machine"]


def test_seconds_after_the_mail_stand_for_the_moment_it_was_sent():
    assert classes(
        {"kind": "click", "at": "2026-11-10T10:00:00Z", "seconds_since_sent": -4, "ua": FIREFOX},
        {"kind": "click", "at": "2026-11-10T10:00:00Z", "seconds_since_sent": 4000, "ua": FIREFOX},
    ) == ["machine", "human"]


def test_a_burst_is_found_in_any_order_and_between_leads_only_by_the_client():
    burst = [click(f"2026-11-10T10:00:0{second}Z", str(second)) for second in (4, 0, 2)]
    assert classes(*burst) == ["machine"] * 3
    apart = [{**one, "lead": number} for number, one in enumerate(burst)]
    assert classes(*apart) == ["human"] * 3


def test_a_column_that_says_whether_the_page_was_looked_at():
    assert classes(
        click("2026-11-10T10:00:00Z", beacon=True, accept_language=""),
        click("2026-11-10T12:00:00Z", interacted=1, accept_language=None),
        click("2026-11-10T14:00:00Z", beacon=False, accept_language="fr"),
        click("2026-11-10T16:00:00Z", beacon=False, accept_language=""),
    ) == ["human", "human", "human", "machine"]


def test_beacons_that_are_records_of_their_own():
    asked = {"accept": "*/*", "headers": {"User-Agent": FIREFOX, "Accept": "*/*"}}
    hits = [click("2026-11-10T10:00:00Z", **asked), click("2026-11-10T12:00:00Z", "2", **asked)]
    seen = {"event": "beacon", "timestamp": "2026-11-10T10:00:05Z", "message_id": "m", "url": "1"}
    assert classes(*hits, seen)[:2] == ["human", "machine"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_as_it_is_found(separator, encoding):
    rows = [["Type", "Date", "Message ID", "URL", "User-Agent", "Note"],
            ["click", "2026-11-10T10:00:00", "m", "1", "curl/8", "é"],
            ["click", "2026-11-10T10:00:00", "n", "1", FIREFOX.replace(";", ""), ""]]  # fmt: skip
    text = "\r\n".join(separator.join(row) for row in rows)
    assert [one.verdict.klass for one in read_hits(text.encode(encoding)).judged] == ["machine", "human"]


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-10 10:00:00 UTC", "10/Nov/2026:10:00:00 +0000", "[10/Nov/2026:11:00:00 +0100]", 1794304800,
        1794304800000, 1794304800000000, "1794304800000000000", "Tue, 10 Nov 2026 10:00:00 +0000",
    ],
)  # fmt: skip
def test_an_instant_is_read_however_databases_logs_and_providers_write_it(at):
    [one] = read_hits(json.dumps({"event": "click", "time": at}).encode()).judged
    assert one.hit.at.isoformat() == "2026-11-10T10:00:00+00:00"


def test_what_a_record_says_of_itself_counts_before_what_a_record_inside_it_says():
    inside = {"created": 1794290000000, "userAgent": "curl/8"}
    [one] = read_hits(json.dumps({"created": 1794304800000, "userAgent": FIREFOX, "sentBy": inside}).encode()).judged
    assert (one.verdict.klass, one.hit.at.hour, one.hit.sent_at is not None) == ("human", 10, True)


@pytest.mark.parametrize(
    "ip", ["67.231.152.9:4431", "67.231.152.9, 10.0.0.1", "::ffff:67.231.152.9", "[2001:db8::1]:443"]
)
def test_an_address_is_read_with_a_port_and_before_those_of_proxies(ip):
    asked = {"event": "click", "at": "2026-11-10T10:00:00Z", "x_forwarded_for": ip, "ua": FIREFOX}
    [one] = read_hits(json.dumps(asked).encode()).judged
    assert (one.hit.network, one.verdict.klass) in (("67.231.152.0/24", "machine"), ("2001:db8::/48", "human"))


def test_headers_as_names_and_values_are_read():
    headers = [{"name": "User-Agent", "value": "curl/8"}, {"name": "Accept", "value": "*/*"}]
    assert classes({"at": "2026-11-10T10:00:00Z", "headers": headers}) == ["machine"]


def test_what_a_provider_has_found_out_of_an_opening_counts():
    opened = {"event": "open", "timestamp": 1794304800, "useragent": FIREFOX}
    assert classes({**opened, "sg_machine_open": True}, {**opened, "is_prefetched": True}, opened) == [
        "proxy", "machine", "human",
    ]  # fmt: skip
    assert classes({"RecordType": "Open", "ReceivedAt": "2026-11-10T10:00:00Z", "UserAgent": "Mozilla/5.0"}) == [
        "proxy"
    ]


@pytest.mark.parametrize(
    "agent", ["ProtonMail Image Proxy", "NaverMailImageProxy/1.0", "SeznamEmailProxy/4.0.0 (+https://proxy.example)"]
)
def test_a_proxy_that_calls_itself_one_of_mail_or_pictures_is_a_provider_s(agent):
    assert classes({"event": "open", "at": "2026-11-10T10:00:00Z", "ua": agent}) == ["proxy"]


def test_a_small_browser_that_still_has_the_number_of_old_is_a_human_s():
    agent = "Opera/9.80 (Android; Opera Mini/83.0.2254/191.303; U; fr) Presto/2.12.423 Version/12.16"
    assert classes({"event": "click", "at": "2026-11-10T10:00:00Z", "ua": agent}) == ["human"]


def test_a_document_with_a_list_in_it_and_an_empty_file():
    assert len(read_hits(json.dumps({"hits": [click("2026-11-10T10:00:00Z")] * 3}).encode()).judged) == 3
    assert read_hits(b"").judged == ()
    assert read_hits(b"[]").judged == ()


def test_what_is_no_hit_is_rejected_with_its_line_and_the_others_are_judged():
    found = read_hits(
        b"nonsense?\n".replace(b"nonsense?", b'{"at":"2026-11-10T10:00:00Z"}') + b'{]\n{"kind":"click"}\n'
    )
    assert len(found.judged) == 1
    assert [line for line, _ in found.rejected] == [2, 3]


def test_a_document_that_breaks_off_is_read_up_to_there_and_the_line_of_that_is_told():
    found = read_hits(b'[\n  {"kind": "click"},\n  {"at": "2026-11-02T09:00:00Z"},\n  {"kind": ')
    assert ([one.line for one in found.judged], [line for line, _ in found.rejected]) == ([3], [2, 4])


def test_records_over_several_lines_one_behind_the_other_are_read_by_their_first():
    record = json.dumps({"at": "2026-11-02T09:00:00Z", "kind": "click"}, indent=1)
    assert [one.line for one in read_hits(f"{record}\n{record}\n".encode()).judged] == [1, 5]


@pytest.mark.parametrize(
    ("content", "judged", "rejected"),
    [
        ('nonsense\n{"at": 1793610000}\n{"at":\n{"at": 1793610000, "note": "a\u2028b"}\n', [2, 4], [1, 3]),
        ("[" * 100_000, [], [1]),
        ('{"at": 1793610000}\n' + '{"a":' * 100_000 + "1" + "}" * 100_000, [1], [2]),
        ('{"a":' * 60 + "1" + "}" * 60 + '\n{"at": 1793610000}\n', [2], [1]),
        (f"at,link\n1793610000,{'x' * 200_000}\n1793610000,2\n", [3], [2]),
        ('at,link\n1793610000,"1\n1793610000,2\n1793610000,3\n', [3, 4], [2]),
        ('at,note\n1793610000,"a\nb"\nsoon,x\n1793610000,c\n', [2, 5], [4]),
        ("at,link\r1793610000,1\rsoon,2\r", [2], [3]),
    ],
    ids=["lines", "brackets", "nested", "deep", "long cell", "open quote", "line end in a cell", "returns"],
)  # fmt: skip
def test_what_is_broken_costs_its_own_line_and_is_told(content, judged, rejected):
    found = read_hits(content.encode())
    assert ([one.line for one in found.judged], [line for line, _ in found.rejected]) == (judged, rejected)


def test_the_command_says_why_in_either_language(tmp_path):
    file = tmp_path / "hits.jsonl"
    file.write_text(json.dumps(click("2026-11-10T10:00:00Z", method="HEAD", id="a")))
    told = CliRunner().invoke(main, ["hits", "classify", str(file), "--json"], catch_exceptions=False)
    [hit] = json.loads(told.output)["hits"]
    assert (hit["id"], hit["class"], hit["reasons"]) == ("a", "machine", ["it only asked whether the link works"])
    french = CliRunner().invoke(main, ["hits", "classify", str(file), "--lang", "fr"], catch_exceptions=False)
    assert "a seulement demandé si le lien fonctionne" in french.output


def test_several_reasons_stand_apart_as_the_language_prints_it(tmp_path):
    file = tmp_path / "hits.jsonl"
    file.write_text("\n".join(json.dumps(click("2026-11-10T10:00:00Z", link, user_agent="curl/8.0")) for link in "123"))
    for lang, between in (("fr", "\u202f; "), ("en", "; ")):
        told = CliRunner().invoke(main, ["hits", "classify", str(file), "--lang", lang], catch_exceptions=False).output
        assert re.search(rf"\w{between}\w", told), told
