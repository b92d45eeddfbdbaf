"""The rules of the house, held against the code itself: rooms, arrows, clocks, network, names."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)  # what a guide quotes
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
ROOMS = PYPROJECT["tool"]["importlinter"]["root_packages"]
FOLDERS_OF_FILES = {"templates", "content", "static", "translations", "docs", "bench", "tests"}

# What talks to other machines, and the only places that may: transports and channels.
NETWORK_MODULES = {
    "smtplib",
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "httpx",
    "requests",
    "ftplib",
    "imaplib",
    "asyncio",
    "socketserver",
}
NETWORK_ROOMS = {
    "emails/smtp.py": "the SMTP transport",
    "sales/webhooks.py": "the webhook channel",
}
TERREAU_MAY = "terreau/"  # the composition room: the demo's own receiver and visitor, doctor's probes


def python_files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((CHECKOUT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def test_every_package_of_the_checkout_is_a_room_that_the_arrows_know():
    packages = {init.parent.name for init in CHECKOUT.glob("*/__init__.py")}
    assert packages - FOLDERS_OF_FILES == set(ROOMS)
    assert set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ROOMS)
    assert set(PYPROJECT["tool"]["mypy"]["packages"]) == {*ROOMS, "bench"}
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert {room for line in layers for room in line.replace("|", " ").split()} == set(ROOMS)


def test_imports_point_down_only():
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"capture", "console", "terreau"}))
def test_flask_stays_in_the_doors(room):
    strays = [
        relative(path)
        for path in python_files(room)
        for name in imported(path)
        if name.split(".")[0] in {"flask", "flask_wtf", "werkzeug", "wtforms"}
    ]
    assert strays == []


def test_only_transports_and_channels_touch_the_network():
    strays = [
        f"{relative(path)} imports {name}"
        for path in python_files(*ROOMS)
        for name in imported(path)
        if any(name == module or name.startswith(f"{module}.") for module in NETWORK_MODULES)
        and relative(path) not in NETWORK_ROOMS
        and not relative(path).startswith(TERREAU_MAY)
    ]
    assert strays == []


def test_the_clock_is_read_in_one_module():
    readers = {
        relative(path)
        for path in python_files(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date", "time"}
    }
    readers |= {
        relative(path)
        for path in python_files(*ROOMS)
        if {"time.time", "time.time_ns", "time.monotonic", "time.perf_counter"} & set(imported(path))
    }
    assert readers <= {"base/clock.py"}


def test_init_files_stay_empty():
    assert [
        relative(path) for path in python_files(*ROOMS) if path.name == "__init__.py" and path.read_text().strip()
    ] == []


def test_every_module_says_what_it_is_for():
    silent = [
        relative(path)
        for path in python_files(*ROOMS)
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert [path for path in silent if "/versions/" not in path] == []


def test_pure_modules_are_pure():
    """A module that calls itself pure imports no database, no clock reader, no network, no randomness."""
    impure = {"sqlalchemy", "base.clock.system_clocks", "base.tokens.new_token", "storage.database", *NETWORK_MODULES}
    strays = []
    for path in python_files(*ROOMS):
        doc = ast.get_docstring(ast.parse(path.read_text())) or ""
        if "Pure: no database" in doc:
            strays += [
                f"{relative(path)} imports {name}"
                for name in imported(path)
                if name in impure or name.split(".")[0] in impure
            ]
    assert strays == []


def test_no_second_word_for_a_concept_in_names():
    """DESIGN: never `campaign`, `journey`, `flow` for sequence; no `person`, `subscriber`, `user` for lead."""
    banned = {"campaign", "journey", "subscriber", "user", "users", "person"}
    strays = []
    for path in python_files(*ROOMS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and banned & set(node.name.lower().split("_")):
                strays.append(f"{relative(path)}: {node.name}")
    assert strays == []


def test_every_import_in_the_house_is_at_the_top():
    inside = [
        f"{relative(path)}:{inner.lineno}"
        for path in python_files(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_no_script_of_ours_takes_text_for_html_or_for_a_script():
    """What is only text stays text in every browser (OWASP ASVS 3.2.2): set by `textContent` or not at all."""
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc" \
             r"|\beval\(|new Function|setTimeout\([\"'`]|javascript:"  # fmt: skip
    scripts = [path for path in (CHECKOUT / "static").rglob("*.js") if "vendor" not in path.parts]
    assert len(scripts) > 4
    assert [relative(path) for path in scripts if re.search(banned, path.read_text())] == []


def test_the_lock_brings_nobody_who_would_overwrite_a_room():
    """`emails`, `scheduler`, `workflows`, `capture`, `templates` all exist on the package index."""
    locked = {
        line.split("==")[0].strip()
        for line in (CHECKOUT / "requirements.lock").read_text().splitlines()
        if "==" in line
    }
    assert locked.isdisjoint({*ROOMS, "templates"} - {"base"})


def test_the_picture_of_the_rooms_shows_the_arrows_in_force():
    drawn = subprocess.run(
        [sys.executable, "-c", "import runpy; print(runpy.run_path('docs/draw_rooms.py')['draw'](), end='')"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stdout == (CHECKOUT / "docs" / "rooms.svg").read_text()


def test_whatever_a_guide_shows_or_leads_to_is_there():
    wrong = []
    for guide in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", CODE.sub("", guide.read_text())):
            if not target.startswith(("{{", "http")) and not (guide.parent / target).exists():
                wrong.append(f"{relative(guide)}: {target}")
    assert wrong == []


def test_every_page_of_the_console_is_in_its_guide_as_a_picture():
    listed = re.findall(r'Shot\("(console-[a-z-]+)"', (CHECKOUT / "docs" / "take_screenshots.py").read_text())
    guide = (CHECKOUT / "docs" / "console.md").read_text()
    assert len(listed) > 10
    assert [name for name in listed if f"(screenshots/{name}.png)" not in guide] == []
    pictures = list((CHECKOUT / "docs" / "screenshots").glob("*.png"))
    assert sum(picture.stat().st_size for picture in pictures) < 6_000_000
