"""A small content that is right in every way, for tests that break it in one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from authoring.load import Loaded, load
from authoring.tree import Tree, read_tree

PALETTE = """
paper = "#f6f7f2"
surface = "#ffffff"
ink = "#241c16"
ink_soft = "#5a5047"
line = "#dcdbd0"
field = "#857a6e"
accent = "#2c6a33"
on_accent = "#ffffff"
accent_soft = "#e4eedc"
soil = "#2b211a"
on_soil = "#f1ece2"
"""
DEFINITIONS = f"""\
version = "1"
topics.advice = {{ label = "Advice", description = "Four mails" }}
senders.chloe = {{ name = "Chloé", email = "chloe@atelier.example", role = "Architect" }}

[house]
name = "Atelier Lumen"
address = "1 rue des Tilleuls, Lyon"
email = "bonjour@atelier.example"
website = "https://atelier.example"
privacy = "We keep your answers for three years."

[brand.day]{PALETTE}
[brand.night]{PALETTE}
[[stages]]
id = "contact"
label = "Contact"
meaning = "Somebody we can name"
owner = "marketing"

[[stages]]
id = "mql"
label = "MQL"
meaning = "Ready to talk"
owner = "marketing"
enter = {{ engagement_at_least = 50 }}
cooled_to = "contact"

[[temperatures]]
id = "cold"
label = "Cold"

[[scoring.engagement]]
id = "form"
label = "Sent a form"
event = "form_submitted"
points = 10

[[interests]]
id = "software/rendering"
label = "Rendering"

[[segments]]
id = "architects"
label = "Architects"
when = {{ field = "sector", is = "architecture" }}

[hand_off]
reps = [{{ id = "bob", name = "Bob", email = "bob@atelier.example" }}]
reject_reasons = [{{ id = "no-budget", label = "No budget" }}]
"""
FORM = """\
title = "The guide"
submit = "Send me the guide"
magnet = "guide"

[thanks]
title = "Thank you"
body = "Look at your mail."

[[field]]
name = "email"
kind = "email"
label = "Email"
required = true

[[field]]
name = "sector"
kind = "choice"
label = "Sector"
options = [{ value = "architecture", label = "Architecture" }, { value = "other", label = "Other" }]

[[field]]
name = "advice"
kind = "consent"
topic = "advice"
wording = "I agree to four mails."
"""
PAGE = """\
title = "Guide"
description = "A guide"
form = "guide"

[hero]
kind = "Guide"
title = "Show a project in 3D"
lead = "Twelve pages"

[[section]]
kind = "rows"
title = "Inside"
"""
MAGNET = """\
title = "The guide"
kind = "guide"

[[file]]
path = "guide/guide-fr.pdf"
locale = "fr"
label = "PDF"
"""
SEQUENCE = """\
title = "Welcome"
topic = "advice"
sender = "chloe"

[[trigger]]
form = "guide"

[[step]]
id = "first"
email = "first"

[[step]]
id = "choose"
[step.branch]
otherwise = "second"
case = [{ when = { stage_at_least = "mql" }, to = "end" }]

[[step]]
id = "second"
wait = "2 days"
email = "second"

[[step]]
id = "end"
exit = "done"
"""
PERSONA = """\
title = "Ada, architect"

[[action]]
at = 2026-11-02T09:00:00
do = "submit"
form = "guide"
page = "guide"
"""
EMAIL = """\
+++
subject = "Your guide"
preheader = "Twelve pages"
why = "You asked for it."
+++

Hello,

here it is.
"""
GOOD = {
    "definitions.toml": DEFINITIONS,
    "forms/guide.toml": FORM,
    "pages/guide.toml": PAGE,
    "magnets/guide.toml": MAGNET,
    "magnets/guide/guide-fr.pdf": "%PDF",
    "sequences/welcome.toml": SEQUENCE,
    "personas/ada.toml": PERSONA,
    **{f"emails/welcome/{name}.{locale}.md": EMAIL for name in ("first", "second") for locale in ("fr", "en")},
}

Content = dict[str, str | bytes]
Write = Callable[[Content], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Puts files into a folder, the good ones where nothing else is given, and answers the folder."""

    def put(files: Content) -> Path:
        root = tmp_path / "content"
        for path, content in {**GOOD, **files}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return put


@pytest.fixture
def change(write: Write) -> Callable[[str, str, str], Path]:
    """Changes one place of one good file; what was changed before stays changed."""
    changed: Content = {}

    def put(file: str, instead_of: str, wrote: str) -> Path:
        before = changed.get(file, GOOD[file])
        assert isinstance(before, str)
        assert instead_of in before, f"{file} does not say {instead_of!r}"
        changed[file] = before.replace(instead_of, wrote, 1)
        return write(changed)

    return put


@pytest.fixture(scope="session")
def good_files() -> dict[str, bytes]:
    return {path: content.encode() for path, content in GOOD.items() if not path.endswith(".pdf")}


@pytest.fixture
def good_tree(write: Write) -> Tree:
    return read_tree(write({}))


@pytest.fixture
def loaded(good_tree: Tree) -> Loaded:
    return load(good_tree)
