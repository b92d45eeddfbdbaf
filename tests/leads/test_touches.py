"""Which channel a visit came through: what people really write into addresses, and where browsers really come from."""

import pytest

from leads.touches import channel

REFERRERS = {
    "organic": (
        "https://www.google.com/", "https://www.google.fr/search", "https://google.co.uk/", "https://www.bing.com/",
        "https://cn.bing.com/search", "https://duckduckgo.com/", "https://www.qwant.com/", "https://www.ecosia.org/",
        "https://fr.search.yahoo.com/", "https://search.yahoo.co.jp/", "https://search.brave.com/", "https://ya.yandex.ru/",
        "https://www.baidu.com/link", "https://www.startpage.com/", "https://search.lilo.org/", "https://kagi.com/",
        "https://search.seznam.cz/", "https://www.google.com.br./", "https://GOOGLE.DE/",
    ),
    "social": (
        "https://www.facebook.com/", "https://l.facebook.com/l.php", "https://lm.facebook.com/", "https://m.facebook.com/",
        "https://www.linkedin.com/feed", "https://lnkd.in/abc", "https://www.instagram.com/", "https://l.instagram.com/",
        "https://t.co/abc", "https://x.com/", "https://twitter.com/i", "https://www.pinterest.fr/pin/1",
        "https://pin.it/abc", "https://www.youtube.com/watch", "https://youtu.be/a", "https://www.tiktok.com/@a",
        "https://out.reddit.com/", "https://bsky.app/", "https://go.bsky.app/redirect", "https://www.threads.net/",
        "https://web.whatsapp.com/", "https://t.me/s/x", "https://news.ycombinator.com/item",
    ),
    "email": (
        "https://mail.google.com/mail/u/0/", "https://outlook.live.com/mail/0/inbox", "https://outlook.office.com/mail/",
        "https://mail.yahoo.com/", "https://webmail.free.example/", "https://mail.proton.me/u/0/inbox",
        "https://messagerie.orange.fr/", "https://mail01.orange.mail.yahoo.com/",
    ),
    "referral": (
        "https://carnet-deco.example/logiciels-3d", "https://chat.cool.example/x", "https://docs.google.com/document/d/1",
        "https://accounts.google.com/", "https://chatgpt.com/", "https://netflix.com/", "https://t.com/", "https://xx.com/",
        "https://google.evil.example/", "https://www.notgoogle.com/", "https://facebook.com.evil.example/",
        "https://blog.facebook-tips.example/", "https://myx.com/", "http://192.0.2.7/", "http://intranet/",
    ),
    "direct": ("", "https://[broken", "about:blank", "javascript:alert(1)", "not an address"),
}  # fmt: skip
WRITTEN = {
    "email": (
        {"utm_medium": "email"}, {"utm_medium": "E-mail"}, {"utm_medium": "Newsletter", "utm_source": "google"},
        {"utm_medium": "email", "gclid": "x"},
    ),
    "paid_search": (
        {"utm_medium": "CPC", "utm_source": "google"}, {"utm_medium": "ppc", "utm_source": "Bing"},
        {"utm_medium": "paid_search"}, {"utm_medium": "SEA"}, {"gclid": "x", "referrer": "https://www.google.com/"},
        {"msclkid": "x"}, {"gbraid": "x"}, {"ad_click": "gclid"}, {"utm_medium": "cpc", "utm_source": "google_ads"},
        {"utm_medium": "cpc", "utm_source": "google.fr"}, {"utm_medium": "cpc_brand", "utm_source": "bing"},
    ),
    "paid_social": (
        {"utm_medium": "cpc", "utm_source": "linkedin"}, {"utm_medium": "paid-social", "utm_source": "pinterest"},
        {"utm_medium": "Paid Social"}, {"utm_medium": "ads", "utm_source": "meta"}, {"li_fat_id": "x"},
        {"utm_medium": "cpc", "utm_source": "facebook.com"}, {"ad_click": "ttclid"},
    ),
    "paid": (
        {"utm_medium": "display"}, {"utm_medium": "cpm", "utm_source": "google"}, {"utm_medium": "cpc"},
        {"utm_medium": "retargeting", "utm_source": "criteo"}, {"utm_medium": "banner"},
    ),
    "social": (
        {"utm_medium": "social"}, {"utm_medium": "social_media", "utm_source": "x"}, {"utm_source": "linkedin"},
        {"fbclid": "x"}, {"fbclid": "x", "referrer": "https://l.facebook.com/"}, {"utm_source": "ig"},
        {"utm_medium": "sm"}, {"utm_source": "l.instagram.com", "utm_campaign": "bio"},
    ),
    "organic": ({"utm_medium": "organic", "utm_source": "google"}, {"utm_medium": "seo"}),
    "referral": ({"utm_medium": "referral", "utm_source": "carnet-deco"}, {"utm_medium": "lien"}),
    "partner": ({"utm_medium": "affiliate"}, {"utm_medium": "Partner", "utm_source": "syndicat"}),
    "offline": ({"utm_medium": "qr"}, {"utm_medium": "QR code"}, {"utm_medium": "salon"}, {"utm_medium": "print"}),
    "campaign": (
        {"utm_campaign": "salon"}, {"utm_source": "catalogue"}, {"utm_medium": "no such thing", "utm_source": "cat"},
        {"utm_source": "google", "referrer": "https://www.google.com/"},
    ),
    "direct": ({}, {"page": "demo"}, {"utm_medium": " "}, {"utm_medium": "no such thing"}, {"referrer": None}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("referrer", "expected"), [(referrer, name) for name, those in REFERRERS.items() for referrer in those]
)
def test_a_page_that_somebody_comes_from_tells_the_channel(referrer, expected):
    assert channel({"referrer": referrer}) == expected


@pytest.mark.parametrize(("touch", "expected"), [(touch, name) for name, those in WRITTEN.items() for touch in those])
def test_what_is_written_in_the_address_goes_first(touch, expected):
    assert channel(touch) == expected
