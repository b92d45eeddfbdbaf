"""What is wrong between files that are each right: names that lead nowhere, texts that are missing, colours too pale.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from authoring.agreement import not_agreed
from authoring.contrast import pale_pairs
from authoring.doubts import doubts_of
from authoring.load import Loaded
from authoring.models.common import Model
from authoring.models.pages import Page
from authoring.picks import bad_picks, pickable
from authoring.placeholders import placeholders
from authoring.references import Names, each, email_file, names_of, unknown_names
from authoring.repeats import repeated
from authoring.routes import bad_routes
from authoring.sentences import Fault
from authoring.shapes import Path
from authoring.site import Locate, Site
from authoring.suggest import did_you_mean, enumerated
from authoring.tree import kind_of
from base.problems import Problem
from base.saying import Said, said
from base.translations import msgid

Found = Iterator[tuple[str, Fault]]  # (file, what is wrong in it)
WRITE = msgid("write `%(file)s`")


def lint(
    site: Site,
    locate: Locate,
    locales: Sequence[str] = ("fr", "en"),
    unread: Iterable[tuple[str, tuple[str, ...]]] = (),
) -> list[Problem]:
    """Every problem between the files of a site that is offered in those `locales`.

    `unread`: (kind, names in the path) of files that have problems of their own, so that nobody calls them missing.
    """
    names = names_of(site, unread)
    found = chain.from_iterable(check(site, names, locales) for check in CHECKS)
    return sorted({_problem(file, fault, locate) for file, fault in found})


def lint_what_is_read(loaded: Loaded, locales: Sequence[str]) -> list[Problem]:
    """The same for a tree of which some files cannot be read, or in part; nothing, without its definitions."""
    if loaded.site is None:
        return []
    unread = [(kind, tuple(names.values())) for kind, names in filter(None, map(kind_of, loaded.drafts.broken))]
    doubts = doubts_of(loaded.drafts)
    found = lint(loaded.site, loaded.drafts.locate, locales, unread)
    return [problem for problem in found if not doubts.stems(problem)]


def files(site: Site) -> Iterator[tuple[str, Model]]:
    """Every text file of the site, with what it says."""
    yield "definitions.toml", site.definitions
    yield "costs.toml", site.costs
    for folder in ("pages", "forms", "magnets", "sequences", "personas"):
        yield from ((f"{folder}/{name}.toml", model) for name, model in getattr(site, folder).items())
    yield from ((email_file(*key), email) for key, email in site.emails.items())


def _problem(file: str, fault: Fault, locate: Locate) -> Problem:
    return Problem(file, *locate(file, fault.path), fault.severity, fault.message, fault.hint)


def _names(site: Site, names: Names, locales: Sequence[str]) -> Found:
    return ((file, fault) for file, model in files(site) for fault in unknown_names(model, names))


def _repeats(site: Site, names: Names, locales: Sequence[str]) -> Found:
    return (
        (file, fault) for file, model in files(site) for path, inner in each(model) for fault in repeated(path, inner)
    )


def _routes(site: Site, names: Names, locales: Sequence[str]) -> Found:
    for name, sequence in site.sequences.items():
        yield from ((f"sequences/{name}.toml", fault) for fault in bad_routes(sequence))


def _texts(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Every step that mails has its text, in every language of the site."""
    for name, sequence in site.sequences.items():
        for index, step in enumerate(sequence.step):
            if step.email is not None:
                path = ("step", index, "email")
                for message, hint in _missing_texts(names, locales, name, step.email):
                    yield f"sequences/{name}.toml", Fault(path, message, hint)


def _missing_texts(names: Names, locales: Sequence[str], sequence: str, email: str) -> Iterator[tuple[Said, Said]]:
    if f"{sequence}/{email}" not in names["email"]:
        there = [name for folder, _, name in (known.partition("/") for known in names["email"]) if folder == sequence]
        hint = did_you_mean(email, there) or said(WRITE, file=email_file(sequence, email, locales[0]))
        yield said("there is no email `%(email)s` in `emails/%(sequence)s/`", email=email, sequence=sequence), hint
        return
    for file, locale in ((email_file(sequence, email, locale), locale) for locale in locales):
        if file not in names["email_file"]:
            message = said("the email `%(email)s` has no text in `%(locale)s`", email=email, locale=locale)
            yield message, said(WRITE, file=file)


def _picked(site: Site, names: Names, locales: Sequence[str]) -> Found:
    return bad_picks(site, names, locales)


def _unused_texts(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Nothing is said where a name is misspelt, nor in a rollout: the version of before may send what no step does."""
    used = {(name, step.email) for name, sequence in site.sequences.items() for step in sequence.step}
    silent = {name for name, email in used if email and f"{name}/{email}" not in names["email"]}
    silent |= {name for name, sequence in site.sequences.items() if sequence.rollout is not None}
    picked = pickable(site)
    for sequence, email, locale in site.emails:
        file = email_file(sequence, email, locale)
        if sequence not in names["sequence"]:
            hint = did_you_mean(sequence, names["sequence"])
            message = said("there is no sequence `%(sequence)s`, so nobody gets this email", sequence=sequence)
            yield file, Fault((), message, hint, severity="warning")
        elif sequence in site.sequences and (sequence, email) not in {*used, *picked} and sequence not in silent:
            message = said("no step of the sequence `%(sequence)s` sends this email", sequence=sequence)
            hint = said('a step would say: email = "%(email)s"', email=email)
            yield file, Fault((), message, hint, severity="warning")
        if locale not in locales:
            yield file, _no_such_locale((), locale, locales)


def _magnets(site: Site, names: Names, locales: Sequence[str]) -> Found:
    used = set()
    for name, magnet in site.magnets.items():
        for index, file in enumerate(magnet.file):
            used.add(file.path)
            if file.path not in site.files:
                hint = did_you_mean(file.path, site.files) or said("put the file there")
                message = said("there is no file `magnets/%(path)s`", path=file.path)
                fault = Fault(("file", index, "path"), message, hint)
                yield f"magnets/{name}.toml", fault
    if len(site.magnets) == len(names["magnet"]):
        for path in sorted(set(site.files) - used):
            yield f"magnets/{path}", _not_given_away()


def _not_given_away() -> Fault:
    hint = said("name it as the `path` of a [[file]] of a magnet, or delete it")
    return Fault((), said("no magnet gives this file away"), hint, severity="warning")


def _images(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Nothing is said while a mail cannot be read: it may be the one that shows it."""
    if len(site.emails) < len(names["email_file"]):
        return
    for path in sorted(site.images):
        if not any(path in email.body for email in site.emails.values()):
            hint = said("write `%(image)s` where one shows it, or delete the file", image=f"![…]({path})")
            yield path, Fault((), said("no mail shows this image"), hint, severity="warning")


def _languages(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Texts for some of the site's languages only, and pages in languages that the site does not have."""
    for file, model in files(site):
        offered = [locale for locale in locales if locale in model.locales] if isinstance(model, Page) else locales
        for path, inner in each(model):
            yield from ((file, fault) for fault in _untranslated(path, inner, offered))
    for name, page in site.pages.items():
        for index, locale in enumerate(page.locales):
            if locale not in locales:
                yield f"pages/{name}.toml", _no_such_locale(("locales", index), locale, locales)


def _no_such_locale(path: Path, locale: str, locales: Sequence[str]) -> Fault:
    message = said("the site is not offered in `%(locale)s`", locale=locale)
    hint = did_you_mean(locale, locales, msgid("its languages are %(names)s"))
    return Fault(path, message, hint, severity="warning")


def _untranslated(path: Path, model: Model, locales: Sequence[str]) -> Iterator[Fault]:
    for key, texts in _localised(model):
        lacking = [locale for locale in locales if locale not in texts]
        if lacking:
            message = said("`%(key)s` is not written in %(locales)s", key=key[0], locales=enumerated(lacking))
            hint = said("whoever reads %(locale)s sees another language", locale=lacking[0])
            yield Fault((*path, *key), message, hint, severity="warning")


def _localised(model: Model) -> Iterator[tuple[Path, dict[str, str]]]:
    """The texts of a model that are written language by language: the only tables that hold nothing but texts."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name in ("answers", "fields"):
            continue
        items = (
            [((name, index), item) for index, item in enumerate(value)]
            if isinstance(value, list)
            else [((name,), value)]
        )
        for path, item in items:
            if isinstance(item, dict) and item and all(isinstance(text, str) for text in item.values()):
                yield path, item


def _placeholders(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Personas and mails are left out: a simulated lead may be anybody, and the links of mails have their own lint."""
    told = [(file, model) for file, model in files(site) if not file.startswith(("personas/", "emails/"))]
    return ((file, fault) for file, model in told for fault in placeholders(model))


def _colours(site: Site, names: Names, locales: Sequence[str]) -> Found:
    return (("definitions.toml", fault) for fault in pale_pairs(site.definitions.brand))


def _agreement(site: Site, names: Names, locales: Sequence[str]) -> Found:
    yield from (("definitions.toml", fault) for fault in not_agreed(site.definitions))


CHECKS: tuple[Callable[[Site, Names, Sequence[str]], Found], ...] = (
    _names,
    _repeats,
    _routes,
    _texts,
    _picked,
    _unused_texts,
    _magnets,
    _images,
    _languages,
    _placeholders,
    _colours,
    _agreement,
)
