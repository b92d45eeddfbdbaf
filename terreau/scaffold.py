"""First files of a site, a sequence, a form, a persona: what they say, filled in with what the content has already."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from authoring.models.common import text_in
from authoring.models.forms import Form, FormField
from authoring.patterns import NAME
from authoring.site import Site
from base.paths import data_path
from base.saying import Said, said

Files = dict[str, str]  # path below the folder -> what it says
_COMMENT = re.compile(r"[ \t]*#(en|fr) (.*?)(?=[ \t]*#(?:en|fr) |$)")
_MAGNET = 'magnet = "${name}" #en what it gives #fr ce qu\'il donne\n'
_UNTRACKED = "/data/\n*.csv\n!/content/**\n"  # people and keys belong to no history, and all of the content does
_EXIT = (
    'exit_when = [{ stage_at_least = "${stage}" }]'
    " #en sales has the lead: be quiet #fr un commercial a le lead : on se tait\n"
)
_NEW = ("Atelier Exemple", "Nos conseils", "Our advice")  # house and topic of templates/new/definitions.toml
_SAMPLES = {"email": "ada@atelier.example", "phone": "+33639981234", "text": "Atelier"}


class CannotBegin(Exception):
    """There is nothing to build on, or something is in the way; `sentence` says what."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the files are written for: the comments' language, the site's languages, the content there is."""

    language: str
    locales: Sequence[str]
    site: Site | None = None

    @property
    def content(self) -> Site:
        assert self.site is not None
        return self.site


def files_of(kind: str, name: str, ground: Ground) -> Files:
    """The files of a new thing of one of the KINDS. Raises CannotBegin."""
    if kind != "site" and not re.fullmatch(NAME, name):
        raise CannotBegin(
            said("`%(name)s` will not do as a name: use lower-case letters, digits and hyphens", name=name)
        )
    return KINDS[kind](name, ground)


def write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Every file, made below the folder. Raises CannotBegin, with nothing written, where one is there already."""
    made = [folder / path for path in files]
    for path in made:
        if path.exists():
            raise CannotBegin(said("%(file)s is there already, and nothing is ever overwritten", file=path))
    for path, text in zip(made, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return made


# ---------------------------------------------------------------- the kinds


def _site(name: str, ground: Ground) -> Files:
    """A whole house: settings, and content of one form with its page, guide and mails, a sequence and a persona."""
    told = {"name": "guide", "topic": "infos", "sender": "ada", "locale": ground.language, "wording": _wording(*_NEW)}
    content = {
        "definitions.toml": _text("definitions.toml", ground, told),
        "magnets/guide.toml": _text("magnet.toml", ground, told),
        **{f"magnets/guide/guide-{locale}.txt": _text(f"guide.{locale}.txt", ground, told) for locale in ("fr", "en")},
        **_answered_form("guide", ground, {**told, **_said_of_guide()}, "guide"),
        **_timed("infos", ground, {**told, "exit": _filled(_EXIT, {"stage": "sql"})}, "confirmed"),
        "personas/ada.toml": _text("persona.toml", ground, {
            **told, "name": "ada", "first_name": "Ada", "form": "guide", "page": "guide", "answers": "consent = true",
            "confirm": _template("confirm.toml"), "expect": 'stage_at_least = "iql"',
        }),
    }  # fmt: skip
    settings = _text("config.toml", ground, told)
    placed = {f"content/{path}": text for path, text in content.items()}
    return {".gitignore": _UNTRACKED, "config.toml": settings, **placed}


def _form(name: str, ground: Ground) -> Files:
    site, topic = ground.content, _topic(ground.content)
    house, label = site.definitions.house.name, site.definitions.topics[topic].label
    wording = _wording(house, text_in(label, "fr"), text_in(label, "en"))
    told = {"topic": topic, "sender": _sender(site), "wording": wording, **_said_of_answer(name, house)}
    return _answered_form(name, ground, told, "answer")


def _sequence(name: str, ground: Ground) -> Files:
    site = ground.content
    taken = {trigger.subject for one in site.sequences.values() for trigger in one.trigger}
    topic = next((topic for topic in site.definitions.topics if topic not in taken), None)
    stage = next((stage.id for stage in site.definitions.stages if stage.owner == "sales"), None)
    told = {
        "topic": topic or _topic(site),
        "sender": _sender(site),
        "exit": _filled(_EXIT, {"stage": stage}) if stage else "",
    }
    return _timed(name, ground, told, "confirmed" if topic else "manual")


def _persona(name: str, ground: Ground) -> Files:
    site = ground.content
    shown = sorted((page.form, page_name) for page_name, page in site.pages.items() if page.form in site.forms)
    if not shown:
        raise CannotBegin(said("the content has no page with a form yet: `terreau new form NAME` makes both"))
    form, page = shown[0]
    told = {
        "name": name,
        "first_name": name.split("-")[0].title(),
        "locale": ground.locales[0],
        "form": form,
        "page": page,
        "answers": "\n".join(_answers(site.forms[form])),
        "confirm": _template("confirm.toml") if _asks(site.forms[form]) else "",
        "expect": f'stage_at_least = "{site.definitions.stages[0].id}"',
    }
    return {f"personas/{name}.toml": _text("persona.toml", ground, told)}


KINDS: Mapping[str, Callable[[str, Ground], Files]] = {
    "site": _site,
    "sequence": _sequence,
    "form": _form,
    "persona": _persona,
}

# ---------------------------------------------------------------- their parts


def _answered_form(name: str, ground: Ground, told: Mapping[str, str], mail: str) -> Files:
    """A form, the page that shows it, and the mail that answers; with a magnet, page and mail named after it."""
    told = {**told, "name": name, "magnet": _filled(_MAGNET, {"name": name}) if mail != "answer" else ""}
    return {
        f"forms/{name}.toml": _text("form.toml", ground, told),
        f"pages/{name}.toml": _text(f"page.{mail}.toml", ground, told),
        f"sequences/{name}.toml": _text("delivery.toml", ground, told),
        **_mails(name, ground, {"answer": mail}),
    }


def _timed(name: str, ground: Ground, told: Mapping[str, str], trigger: str) -> Files:
    """A sequence of two mails; `trigger` names how one comes in."""
    told = {**told, "name": name}
    begun = _filled(_template(f"trigger.{trigger}.toml"), told)
    return {
        f"sequences/{name}.toml": _text("sequence.toml", ground, {**told, "trigger": begun}),
        **_mails(name, ground, {"one": "one", "two": "two"}),
    }


def _mails(sequence: str, ground: Ground, mails: Mapping[str, str]) -> Files:
    """{email: its template}, in every language of the site; one that the house does not speak begins in English."""
    return {
        f"emails/{sequence}/{email}.{locale}.md": _template(f"mails/{mail}.{'fr' if locale[:2] == 'fr' else 'en'}.md")
        for email, mail in mails.items()
        for locale in ground.locales
    }


def _topic(site: Site) -> str:
    return _first(site.definitions.topics, said("definitions.toml has no topic yet: write one under [topics.NAME]"))


def _sender(site: Site) -> str:
    return _first(site.definitions.senders, said("definitions.toml has no sender yet: write one under [senders.NAME]"))


def _first(names: Mapping[str, object], otherwise: Said) -> str:
    found = next(iter(names), None)
    if found is None:
        raise CannotBegin(otherwise)
    return found


def _asks(form: Form) -> bool:
    return form.subscribe is not None or any(field.kind == "consent" for field in form.field)


def _answers(form: Form) -> list[str]:
    """A line for everything that the persona does not say about itself."""
    asked = [field for field in form.field if field.name not in ("email", "first_name") and field.kind != "hidden"]
    return [f"{field.name} = {_answer(field)}" for field in asked]


def _answer(field: FormField) -> str:
    if field.is_box:
        return "true" if field.kind == "consent" else "false"
    return f'"{field.options[0].value if field.options else _SAMPLES[field.kind]}"'


# ---------------------------------------------------------------- what visitors read


def _said_of_guide() -> dict[str, str]:
    return {
        "title": _both("Recevoir le guide", "Get the guide"),
        "question": "",
        "submit": _both("Recevoir le guide par e-mail", "Email me the guide"),
        "thanks_title": _both("Le guide est en route", "The guide is on its way"),
        "thanks_body": _both("Il arrive dans la minute, à votre adresse.", "It arrives within a minute."),
        "lead": _both(
            "Ce qu'il faut décider d'abord, et ce qui peut attendre : un guide de dix minutes.",
            "What to decide first, and what can wait: a guide of ten minutes.",
        ),
    }


def _said_of_answer(name: str, house: str) -> dict[str, str]:
    """`name` stands in the title, so that no two pages of a site are called the same."""
    called = name.replace("-", " ")
    return {
        "title": _both(f"Écrivez-nous : {called}", f"Write to us: {called}"),
        "question": _template("question.toml"),
        "submit": _both("Envoyer ma question", "Send my question"),
        "thanks_title": _both("C'est envoyé", "It is sent"),
        "thanks_body": _both("Notre réponse arrive dans la journée.", "Our answer arrives within the day."),
        "lead": _both(
            f"Une phrase suffit : {house} vous répond par e-mail, dans la journée.",
            f"One sentence is enough: {house} answers by email, within the day.",
        ),
    }


def _wording(house: str, topic: str, topic_en: str) -> str:
    """Who will write about what, and that it can be ended: a consent that names neither is none (GDPR 4.11, 7.3)."""
    return _both(
        f"Oui, {house} peut m'envoyer « {topic} » par e-mail. Je peux me désinscrire à tout moment.",
        f"Yes, {house} may send me “{topic_en}” by email. I can unsubscribe at any time.",
    )


def _both(french: str, english: str) -> str:
    """A localised text as TOML writes it: JSON's strings are basic strings of TOML, and none ends early."""
    return f"{{ fr = {json.dumps(french, ensure_ascii=False)}, en = {json.dumps(english, ensure_ascii=False)} }}"


# ---------------------------------------------------------------- texts


def _text(template: str, ground: Ground, told: Mapping[str, str]) -> str:
    return _in_language(_filled(_template(template), told), ground.language)


def _template(name: str) -> str:
    return data_path("templates", "new", *name.split("/")).read_text(encoding="utf-8")


def _filled(template: str, told: Mapping[str, str]) -> str:
    return Template(template).substitute(told)


def _in_language(text: str, language: str) -> str:
    """The text with the comments of one language: `#en` and `#fr` say whose they are."""
    lines = []
    for line in text.split("\n"):
        comments = dict(_COMMENT.findall(line))
        code = _COMMENT.sub("", line)
        if not comments:
            lines.append(line)
        elif code.strip():
            lines.append(f"{code} # {comments[language]}")
        elif language in comments:
            lines.append(f"# {comments[language]}")
    return "\n".join(lines)
