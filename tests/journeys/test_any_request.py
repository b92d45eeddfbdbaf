"""Requests that nobody would send, to every route there is: none makes the house fail, or think for long (R13).

The routes are those of the application, so that a new one is asked too. The suite sends a few hundred, `make fuzz`
fifty thousand; TERREAU_SEED repeats them.
"""

import os
import random
import time
from collections import Counter
from contextlib import closing
from urllib.parse import quote

import psutil
import pytest

from base.clock import system_clocks
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force

from .public_pages import TOKEN, furnish

FILES = int(os.environ.get("TERREAU_FUZZ", "0"))  # `make fuzz`
CASES = FILES // 2 or 600
LONGEST = 1.0  # seconds of work on one request
MOST_MEMORY = 300 * 1024 * 1024  # on top of what the process had

TEXTS = (
    "", "a", "0", "-1", "1", "99999999999999999999999", "2147483648", "9223372036854775808", "1e400", "NaN", "null",
    "true", "'", '"', "' OR 1=1 --", "\\", "%", "%s", "%(a)s", "{{7*7}}", "{0}", "${7*7}", "<svg onload=alert(1)>",
    "../../etc/passwd", "..\\..\\x", "\0", "a\0b", "\r\nSet-Cookie: a=b", "\n", "\t", "\x85", "\u2028", "\u202eabc",
    "\ufeff", "é", "e\u0301", "ß", "İ", "ﬁ", "١٢٣", "²", "𝒜", "👩‍👩‍👧", "﷽", "\ud7ff", "\ufffe", "\U0010ffff",
    "a" * 255, "a" * 2048, "a" * 2049, "=?utf-8?q?=0D=0A?=", "ada@atelier.fr", "ada@@atelier.fr", "@", "a@b",
    "ada@xn--.fr",
    "ada@é.fr", "ada@[127.0.0.1]", '"ada b"@atelier.fr', "ada@yopmail.com", "contact@atelier.fr", "+33639981234",
    "+999", "06 39 98 12 34", "fr", "en", "de", "xx-YY", "2026-02-30", "0000-00-00", "One-Click", "all", "stop", "yes",
    "clicks", "opens", "conseils-3d", "lettre", "guide-3d", "demo", "variantes", "accept", "reject", TOKEN, f"{TOKEN}0",
    f"{TOKEN}1", f"{TOKEN}9999",
)  # fmt: skip
NAMES = (
    "_stamp", "csrf-token", "csrf_token", "_proof", "website", "email", "phone", "first_name", "last_name", "company",
    "job_title", "profession", "practice", "team", "timeline", "consent_conseils", "scope", "List-Unsubscribe", "act",
    "topic", "measure", "clicks", "c", "m", "page", "acted", "driven", "choice", "reason", "until", "note", "for",
    "next", "code", "password", "raw", "id", "name", "v", "q", "sort", "stage", "period", "utm_source", "gclid",
    "a" * 300, "é", "", "a[]", "a.b",
)  # fmt: skip
METHODS = ("GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "X")
KINDS = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data",
    "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "x" * 300, "application/json", "text/plain",
    "message/rfc822", "image/gif", "x", "", ";;", "application/x-www-form-urlencoded; charset=\"",
)  # fmt: skip
HEADERS = (
    "Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Cookie", "Content-Encoding", "If-Match",
    "If-Modified-Since", "If-None-Match", "If-Range", "Range", "Referer", "User-Agent", "X-Forwarded-For", "Origin",
    "Sec-Purpose", "webhook-id", "webhook-timestamp", "webhook-signature", "HX-Request", "HX-Target", "HX-Current-URL",
)  # fmt: skip
HEADER_TEXTS = (
    "", "*", "x", "é", "\xff", "fr;q=x", "fr;q=1e9,*", "en-" + "x" * 500, "bytes=0-1", "bytes=-1", "bytes=9-1",
    "bytes=0-0,1-1,2-2", "bytes=" + "0-1," * 300, "Basic eA==", "Basic \xff", "Bearer x", "terreau=x; terreau=y",
    "a=\";",
    "\"x\"", "W/\"", "Thu, 99 Foo 2026 99:99:99 GMT", "http://[", "https://evil.example/%", "0", "-5", "1793577600",
    "v1,x",
    "v1," + "A" * 44, "::1", "999.999.999.999", "prefetch", "true", "gzip, br", "Googlebot/2.1", "curl/8",
)  # fmt: skip

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("seed", [20261128], indirect=True),
    pytest.mark.timeout(0 if FILES else 240),
]


class Sender:
    """Makes one request after the other, by chance; every second address is one that leads somewhere."""

    def __init__(self, house, app, seed):
        self.chance, self.client = random.Random(seed), app.test_client()
        _, paths = furnish(house)
        self.paths = [path.partition("?")[0] for path in paths.values()]
        self.rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
        self.good = [part for path in self.paths for part in path.split("/") if part]

    def path(self, rule):
        pick = self.chance
        if pick.random() < 0.3:
            return self.paths[pick.randrange(len(self.paths))]
        path = rule.rule
        for name in sorted(rule.arguments):
            value = pick.choice(self.good if pick.random() < 0.5 else TEXTS)
            for converter in ("", "int:", "path:"):
                path = path.replace(f"<{converter}{name}>", quote(value, safe=""))
        return path

    def pairs(self, most):
        return [(self.chance.choice(NAMES), self.chance.choice(TEXTS)) for _ in range(self.chance.randrange(most))]

    def body(self):
        pick = self.chance.random()
        if pick < 0.6:
            return "&".join(f"{quote(name)}={quote(value)}" for name, value in self.pairs(12)).encode()
        if pick < 0.75:
            parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in self.pairs(8)]
            return ("".join(parts) + "--x--\r\n").encode("utf-8", "replace")
        if pick < 0.85:
            return b'{"raw": ' + self.chance.choice((b'"eA=="}', b"1}", b"[" * 2_000, b'"\xff"}', b"null}"))
        return self.chance.randbytes(self.chance.choice((0, 1, 10, 1_000, 70_000)))

    def request(self):
        """What to send, as the arguments of `client.open`."""
        rule = self.chance.choice(self.rules)
        heads = {self.chance.choice(HEADERS): self.chance.choice(HEADER_TEXTS) for _ in range(self.chance.randrange(4))}
        return rule, {
            "path": self.path(rule),
            "method": self.chance.choice(METHODS if self.chance.random() < 0.3 else sorted(rule.methods)),
            "query_string": "&".join(f"{quote(name)}={quote(value)}" for name, value in self.pairs(4)),
            "data": self.body(),
            "content_type": self.chance.choice(KINDS) if self.chance.random() < 0.5 else KINDS[0],
            "headers": {name: value for name, value in heads.items() if "\n" not in value},
        }


@pytest.fixture
def house(database_url, settings):
    with closing(House.build(settings(database_url, 9), system_clocks())) as built:
        content_in_force(built)
        yield built


def test_no_request_makes_the_house_fail(house, seed):
    app = create_app(house)
    sender, asked, statuses, slowest = Sender(house, app, seed), Counter(), Counter(), 0.0
    base_url, before = house.config.site.base_url, psutil.Process().memory_info().rss
    for number in range(CASES):
        rule, request = sender.request()
        asked[rule.rule] += 1
        begun = time.thread_time()
        with sender.client.open(base_url=base_url, **request) as answer:
            said = answer.get_data()
        took = time.thread_time() - begun
        slowest = max(slowest, took)
        assert answer.status_code < 500, (number, request)
        assert took < LONGEST, (number, request, took)
        assert b"Traceback" not in said
        statuses[answer.status_code] += 1
    memory = psutil.Process().memory_info().rss - before  # other tests of this process have used some
    print(f"{CASES} requests to {len(asked)} routes: {dict(sorted(statuses.items()))}")
    print(f"the longest took {slowest * 1000:.0f} ms of work; memory {memory >> 20} MB")
    assert memory < MOST_MEMORY
    assert 10 * len(sender.rules) > CASES or set(asked) == {rule.rule for rule in sender.rules}
