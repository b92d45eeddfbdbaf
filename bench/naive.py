"""What one would write first: a row, a template, its styles inlined, a message, a connection; and the next row."""

import smtplib
import sqlite3
from email.message import EmailMessage
from pathlib import Path

import premailer
from jinja2 import Environment

from base.clock import elapsed

_STYLE = (
    "<style>p { color: #2b2620; font-size: 16px; line-height: 1.5 } a { color: #2f5d3a } td { padding: 8px }</style>"
)
_ROW = (
    "<tr><td><p>Bonjour {{ name }}, voici la suite : <a href='https://lumen.example/{{ n }}'>la lire</a>.</p></td></tr>"
)
_HTML = f"<html><head>{_STYLE}</head><body><table>{_ROW * 40}</table></body></html>"


def loop(folder: Path, port: int, mails: int) -> float:
    """Mails per second, of about the same size as ours, from a table of its own."""
    conn = sqlite3.connect(folder / "naive.db", isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("DROP TABLE IF EXISTS outbox")
    conn.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, email, name, state)")
    conn.executemany(
        "INSERT INTO outbox (email, name, state) VALUES (?, 'Ada', 'due')",
        [(f"ada{number}@atelier.example",) for number in range(mails)],
    )
    template = Environment(autoescape=True).from_string(_HTML)
    begun = elapsed()
    while row := conn.execute("SELECT id, email, name FROM outbox WHERE state = 'due' LIMIT 1").fetchone():
        _send(port, row[1], premailer.transform(template.render(name=row[2], n=row[0])))
        conn.execute("UPDATE outbox SET state = 'sent' WHERE id = ?", (row[0],))
    took = elapsed() - begun
    conn.close()
    return mails / took


def _send(port: int, recipient: str, html: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "lumen@lumen.example", recipient, "La suite"
    message.set_content("Bonjour")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)
