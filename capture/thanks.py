"""The page after a form: the author's words, the address typed (masked), and a question when it looks mistyped.

It says the same to somebody known and to somebody new.
"""

from datetime import timedelta
from typing import Any

from flask import Response, abort, request

from base.tokens import Signer, TokenExpired, TokenInvalid
from capture.addresses import page_path
from capture.door import Door
from capture.limits import FLOODED
from capture.rendering import draw
from capture.speech import speech_in
from leads.typos import meant_domain

MAX_AGE = timedelta(days=1)


def seal_thanks(signer: Signer, page: str, address: str, *, ticked: bool, held: str | None = None) -> str:
    """What the thanks page needs to know, without the address itself: addresses stay out of browsers' histories.

    `ticked`: a box of consent was. `held`: why somebody looks at the answers before anything follows from them.
    """
    payload: dict[str, Any] = {"page": page, "ticked": ticked, "held": held}
    if "@" in address:
        payload["masked"] = masked(address)
        if domain := meant_domain(address):
            payload["meant"] = masked(f"{address.rpartition('@')[0]}@{domain}")
    return signer.sign("thanks", payload)


def masked(address: str) -> str:
    """ "c•••e@atelier.example"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••{local[-1:] if len(local) > 2 else ''}@{domain}"


def show(door: Door, form: str, locale: str | None = None) -> Response:
    site = door.site()
    spoken = locale or door.config.site.default_locale
    if form not in site.forms or spoken not in door.config.site.locales:
        abort(404)
    seal = _open(door.signer, request.args.get("for", ""))
    page = seal.get("page")
    path = page_path(door.config, spoken, page) if page and page in site.pages else None
    return draw(
        "pages/thanks.html",
        site,
        speech_in(door.config, spoken),
        form=site.forms[form],
        page=path,
        masked=seal.get("masked"),
        meant=seal.get("meant"),
        ticked=seal.get("ticked", False),
        held=seal.get("held"),
        flooded=seal.get("held") in FLOODED,
    )


def _open(signer: Signer, sealed: str) -> dict[str, Any]:
    try:
        return signer.open("thanks", sealed, MAX_AGE)
    except (TokenExpired, TokenInvalid):
        return {}
