"""The web server that the capture benchmark talks to; prints its port, serves until its input closes.

Run: python -m bench.server floor|captures|captures-while-sending|hits|hits-floor FOLDER SINK_PORT [DATABASE]
"""

import sqlite3
import sys
from pathlib import Path

from flask import Flask, Response, redirect, request
from flask_wtf.csrf import generate_csrf

from authoring.load import load_site
from authoring.models.forms import Form
from authoring.tree import read_tree
from base.paths import data_path
from base.settings import Server
from bench.sending import settings
from capture.forms import answers, form_class
from capture.tracking import DOT
from terreau.app import create_app
from terreau.house import House
from terreau.process import settle
from terreau.running import in_motion
from terreau.web import WebServer, listen

FORM = "guide-3d"


def example_form() -> Form:
    """The form that is filled in, as the example content has it."""
    site, _problems = load_site(read_tree(data_path("content")))
    assert site is not None
    return site.forms[FORM]


def floor_app() -> Flask:
    """The least a Flask-WTF form costs: the same questions, validated, answered with 303; nothing is kept."""
    form = example_form()
    questions = form_class(form)
    app = Flask("floor")
    app.secret_key = "floor"

    @app.get("/p/guide-3d")
    def show() -> str:
        return f'<input name="_stamp" value="x"><input name="csrf-token" value="{generate_csrf()}">'

    @app.post("/p/guide-3d")
    def submit() -> Response:
        filled = questions(formdata=request.form)
        filled.validate()
        answers(form, filled)
        return redirect("/thanks", 303)  # type: ignore[return-value]

    return app


def hits_floor_app(file: Path) -> Flask:
    """The least that keeps a hit: a row of its own, a connection and a durable commit for each request."""
    app = Flask("hits-floor")
    with sqlite3.connect(file, isolation_level=None) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, token TEXT, agent TEXT, at TEXT)")

    def keep(token: str) -> None:
        conn = sqlite3.connect(file, isolation_level=None, timeout=30)
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("INSERT INTO seen (token, agent, at) VALUES (?, ?, ?)", (token, request.user_agent.string, "now"))
        conn.close()

    @app.get("/c/<token>")
    def click(token: str) -> Response:
        keep(token)
        return redirect("https://example.org/a", 302)  # type: ignore[return-value]

    @app.get("/o/<token>.gif")
    def picture(token: str) -> Response:
        keep(token)
        return Response(DOT, content_type="image/gif")

    return app


def main(kind: str, folder: Path, sink_port: int, url: str | None = None) -> None:
    if kind == "floor":
        _serve(floor_app())
        return
    if kind == "hits-floor":
        _serve(hits_floor_app(folder / "floor.db"))
        return
    house = House.build(settings(folder, sink_port, url))
    app = create_app(house)
    house.releases.in_force()
    settle()
    if kind in ("captures", "hits"):
        _serve(app)
    else:
        with in_motion(house):
            _serve(app)
    house.close()


def _serve(app: Flask) -> None:
    server = WebServer(app, listen("127.0.0.1", 0), threads=Server().threads)
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:5])
