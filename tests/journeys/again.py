"""The requests that came to an application, kept and sent again to one in a process of its own, whose memory they are
judged by: nothing else is in it."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from io import BytesIO
from multiprocessing import get_context
from typing import Any

import psutil
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from base.clock import system_clocks
from base.settings import Config
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force

Kept = list[tuple[dict[str, str], bytes]]


def keep(app: Flask) -> Kept:
    """What comes to it from now on, as its server gives it: the texts of its environment, and the body."""
    kept: Kept = []
    inner = app.wsgi_app

    def keeping(environ: dict[str, Any], start: Any) -> Any:
        body = environ["wsgi.input"].read()
        kept.append(({name: text for name, text in environ.items() if isinstance(text, str)}, body))
        return inner({**environ, "wsgi.input": BytesIO(body)}, start)

    app.wsgi_app = keeping  # type: ignore[method-assign]
    return kept


def sent_again(config: Config, kept: Kept) -> tuple[Counter[str], int]:
    """How often each status was answered, and by how many bytes the process has grown since its first request."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_answer, config, kept).result()


def _answer(config: Config, kept: Kept) -> tuple[Counter[str], int]:
    statuses: Counter[str] = Counter()
    with closing(House.build(config, system_clocks())) as house:
        content_in_force(house)
        app, before = create_app(house), psutil.Process().memory_info().rss
        for texts, body in kept:
            _, status, _ = run_wsgi_app(app, {**create_environ(), **texts, "wsgi.input": BytesIO(body)}, buffered=True)
            statuses[status[:3]] += 1
        return statuses, psutil.Process().memory_info().rss - before
