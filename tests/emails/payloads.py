"""What hostile people type where a name is asked for; every one is tried in every field and every header."""

_MARKS = (
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\n\r",
    "\r\r\n",
)
_LINES = ("Bcc: victim@e.tld", "\r\n\r\n<p>body", " folded: yes", "\tfolded: yes", "Content-Type: text/html")

BROKEN_LINES = [f"Ann{mark}{line}" for mark in _MARKS for line in _LINES]
ESCAPED = [
    "Ann%0d%0aBcc: victim@e.tld", "Ann%0aBcc: victim@e.tld", "Ann%0D%0A%20Bcc: x", "Ann\\r\\nBcc: victim@e.tld",
    "Ann\\nBcc: x", "Ann&#13;&#10;Bcc: x", "Ann\u560d\u560aBcc: x", "Ann\xc0\x8aBcc: x", "Ann=0D=0ABcc: x",
    "Ann\u010d\u010aBcc: x", "Ann^M^JBcc: x", "Ann\ufffeBcc", "Ann\\u000d\\u000aBcc: x",
]  # fmt: skip
ENCODED_WORDS = [
    "=?utf-8?q?Ann=0D=0ABcc:_victim=40e.tld?=",
    "=?utf-8?b?QW5uDQpCY2M6IHZpY3RpbUBlLnRsZA==?=",
    "=?utf-8?Q?Ann=0A=0Abody?=",
    "=?utf-8?q?=00?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3F=0D=0ABcc:_x=3F=3D?=",
    "=?iso-8859-1?q?a=0D?= =?utf-8?q?=0ABcc:_x?=",
    "=?utf-7?q?+AA0ACg-Bcc:?=",
    "=?utf-16?b?DQAKAEIAYwBjADoA?=",
    "=?UTF-8?B?DQpCY2M6IHg=?=",
    "=?utf-8*fr?q?=0D=0ABcc:_x?=",
    "=?unknown-8bit?q?=0D=0ABcc:_x?=",
    "=?x?q?=0D=0A?=",
    "=?utf-8?x?zz?=",
    "=?utf-8?b?!!!!?=",
    "=?utf-8?q?=E9?=",
    "=?utf-8?q?=C3?= =?utf-8?q?=A9?=",
    "=?utf-8?q?" + "=0D=0A" * 200 + "?=",
    "=?=?utf-8?q?=0D=0ABcc:x?=",
    "=?utf-8?q??=",
    "=??q?x?=",
    "=?utf-8?q?" + "a" * 900 + "?=",
    "=?utf-8?q?<eve=40e.tld>?=",
    "=?utf-8?q?ines=40lumen=2Eexample=2C_eve=40e=2Etld?=",
    "é =?utf-8?q?=0D=0ABcc:_x?= é",
    "= ?utf-8?q?x?=",
    "=\u200b?utf-8?q?=0D=0ABcc:_x?=",
    "=\r\n?utf-8?q?=0ABcc:_x?=",
]
LONG = [
    *("a" * length for length in (75, 76, 77, 78, 79, 250, 997, 998, 999, 10_000)),
    *("é" * length for length in (30, 76, 998, 999, 10_000)),
    "x " * 5_000, "é " * 5_000, "\U0001f469\u200d\U0001f680" * 300,
    "e" + "\u0301" * 500, "a,b;c " * 300, "(" * 500, '"' * 501, "\\" * 501, "=" * 500, "?=" * 250, "=?" * 250,
    "." * 300,
]  # fmt: skip
ADDRESSES = [
    '"<victim@x>', ">,<victim@x.tld>", "a:b@c.tld;", "(x)", "((x)", ";;", "-odd", "--", "Ann <eve@e.tld>", "eve@e.tld",
    "Ann, eve@e.tld", 'Ann" <eve@e.tld>, "Bob', "undisclosed-recipients:;", "@", "<>", "Ann\\", 'Ann\\"', "[Ann]",
    "Ann (comment (nested", "Ann,", ":Ann", "Ann:", "<script>", "Ann <", "Ann >", "Ann;", "Ann\\\\\\", "'; DROP TABLE",
]  # fmt: skip
UNSEEN = [
    "\u202eadA", "A\u200bnn", "\ufeffAnn", "\u2066Ann\u2069", "Ann\u00a0B", "\ud800Ann", "Ann\udfff", "\udc80\udc81",
    "\tAnn\t ", " ", "", "\u00ad", "\ue000", "\ufffd", "\ufdd0", "\U0010ffff", "Ann\x7f", "Ann\x9f", "\u3000Ann",
    "\x1b[31mAnn",
]  # fmt: skip
PAYLOADS = [*BROKEN_LINES, *ESCAPED, *ENCODED_WORDS, *LONG, *ADDRESSES, *UNSEEN]
