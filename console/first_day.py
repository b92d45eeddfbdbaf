"""What stands between a house where nobody is known yet and its first lead, each with what to do about it."""

from markupsafe import Markup
from sqlalchemy import Connection

from authoring.site import Site
from console.context import number, say, say_n
from console.door import ConsoleDoor
from console.health import looked_at
from console.health_house import engine_line
from console.health_lines import Line, link
from console.health_mail import mail_line


def first_day(door: ConsoleDoor, conn: Connection) -> list[Line]:
    """Pages, engine, mail: each well, or with what it lacks."""
    looked = looked_at(door, conn)
    return [_pages(door.site()), engine_line(looked), mail_line(looked)]


def sentence(lines: list[Line]) -> str:
    """Whether the first one would be received well."""
    lacking = sum(line.state != "well" for line in lines)
    if not lacking:
        return say("Nobody yet. All is ready to receive the first one.")
    return say_n(
        "Nobody yet. %(count)s thing is missing for the first one to be received well.",
        "Nobody yet. %(count)s things are missing for the first one to be received well.",
        lacking,
    )


def _pages(site: Site) -> Line:
    subject = say("Pages and forms")
    if not site.pages:
        do = Markup("{} <code>content/pages/NAME.toml</code>, <code>terreau apply</code>").format(say("Begin with"))
        return Line(subject, "bad", say("No page is written: nobody can make themselves known."), do)
    said = say_n("%(count)s page answers.", "%(count)s pages answer.", len(site.pages))
    return Line(subject, "well", said, link("pages", say("See their addresses")), number(len(site.pages)))
