"""What is wrong between files that are each right; what is wrong inside one is in test_mistakes.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from authoring.contrast import PAIRS, contrast
from authoring.lint import lint_what_is_read
from authoring.load import Loaded, load
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.references import REFERS, UNKNOWN, each, names_of
from authoring.routes import bad_routes, reachable
from authoring.shapes import MODELS
from authoring.tree import read_tree

Write = Callable[..., Path]


def told(root: Path, *locales: str) -> list[tuple[str, str]]:
    """(severity, sentence) of what is wrong between the files."""
    loaded = load(read_tree(root))
    assert loaded.problems == []
    return [(problem.severity, problem.sentence()) for problem in lint_what_is_read(loaded, locales or ("fr", "en"))]


def test_a_text_that_is_missing_in_a_language_of_the_site_is_an_error(write: Write) -> None:
    root = write({})
    (root / "emails/welcome/second.en.md").unlink()
    said = "sequences/welcome.toml:21:9: the email `second` has no text in `en` (write `emails/welcome/second.en.md`)"
    assert told(root) == [("error", said)]
    assert told(root, "fr") == [
        ("warning", "emails/welcome/first.en.md:1:1: the site is not offered in `en` (its languages are `fr`)"),
        ("warning", "pages/guide.toml:1:1: the site is not offered in `en` (its languages are `fr`)"),
    ]


def test_a_language_more_is_missing_everywhere(write: Write) -> None:
    sentences = [sentence for _, sentence in told(write({}), "fr", "en", "de")]
    assert len(sentences) == 2
    assert all("has no text in `de`" in sentence for sentence in sentences)


def test_a_text_that_no_step_sends_is_a_warning(write: Write) -> None:
    text = (write({}) / "emails/welcome/first.fr.md").read_text()
    root = write({"emails/welcome/third.fr.md": text, "emails/welcom/first.fr.md": text})
    assert told(root) == [
        (
            "warning",
            "emails/welcom/first.fr.md:1:1: there is no sequence `welcom`, so nobody gets this email"
            " (did you mean `welcome`?)",
        ),
        (
            "warning",
            "emails/welcome/third.fr.md:1:1: no step of the sequence `welcome` sends this email"
            ' (a step would say: email = "third")',
        ),
    ]


def test_in_a_rollout_the_version_of_before_may_send_what_no_step_sends(change: Callable[..., Path]) -> None:
    root = change("sequences/welcome.toml", 'email = "second"', 'email = "first"')
    assert [sentence.partition(":")[0] for _, sentence in told(root)] == [
        "emails/welcome/second.en.md", "emails/welcome/second.fr.md"
    ]  # fmt: skip
    assert told(change("sequences/welcome.toml", 'sender = "chloe"', 'sender = "chloe"\nrollout = 20')) == []


def test_an_image_that_no_mail_shows_is_a_warning(write: Write) -> None:
    text = (write({}) / "emails/welcome/first.en.md").read_text()
    images = {f"images/{name}.gif": b"GIF89a" for name in ("plan", "logo")}
    root = write({**images, "emails/welcome/first.en.md": f"{text}\n![The plan](images/plan.gif)\n"})
    hint = "write `![…](images/logo.gif)` where one shows it, or delete the file"
    assert told(root) == [("warning", f"images/logo.gif:1:1: no mail shows this image ({hint})")]


def test_a_magnet_without_its_file_is_an_error_and_a_file_without_magnet_a_warning(write: Write) -> None:
    root = write({"magnets/guide/bonus.pdf": "%PDF"})
    (root / "magnets/guide/guide-fr.pdf").unlink()
    hint = "did you mean `guide/bonus.pdf`?"
    assert told(root) == [
        ("error", f"magnets/guide.toml:5:8: there is no file `magnets/guide/guide-fr.pdf` ({hint})"),
        (
            "warning",
            "magnets/guide/bonus.pdf:1:1: no magnet gives this file away"
            " (name it as the `path` of a [[file]] of a magnet, or delete it)",
        ),
    ]


def test_an_event_that_another_program_reports_is_declared_by_its_label(change: Callable[..., Path]) -> None:
    root = change("sequences/welcome.toml", 'form = "guide"', 'event = "webinar_attended"')
    hint = "name it under [[event_labels]] if another program reports it"
    said = f"sequences/welcome.toml:6:9: nothing records an event `webinar_attended` ({hint})"
    assert told(root) == [("warning", said)]
    label = '[[event_labels]]\nevent = "webinar_attended"\nlabel = "Came to a webinar"\n\n[hand_off]'
    assert told(change("definitions.toml", "[hand_off]", label)) == []


def test_what_was_once_agreed_to_may_still_count_where_the_measure_is_no_longer_declared(
    change: Callable[..., Path],
) -> None:
    root = change("sequences/welcome.toml", 'form = "guide"', 'event = "consent_granted"\nsubject = "clicks"')
    hint = "declare it there, with a `label` and a `description` of what is agreed to"
    said = f"sequences/welcome.toml:7:11: definitions.toml has no [tracking.clicks] ({hint})"
    assert told(root) == [("warning", said)]


def test_a_page_in_one_language_needs_its_texts_in_that_language_only(change: Callable[..., Path]) -> None:
    assert len(told(change("pages/guide.toml", '"Twelve pages"', '{ fr = "Douze pages" }'))) == 1
    assert told(change("pages/guide.toml", 'form = "guide"', 'form = "guide"\nlocales = ["fr"]')) == []


def test_an_interest_above_a_known_one_is_known(change: Callable[..., Path]) -> None:
    assert told(change("forms/guide.toml", 'magnet = "guide"', 'magnet = "guide"\ninterests = ["software"]')) == []


def test_every_kind_of_name_that_a_key_gives_is_known_and_has_a_sentence(loaded: Loaded) -> None:
    assert loaded.site is not None
    kinds = {kind for keys in REFERS.values() for kind in keys.values()}
    assert kinds <= set(UNKNOWN)
    assert kinds <= set(names_of(loaded.site))
    for model, keys in REFERS.items():
        assert set(keys) <= set(model.model_fields), model


def test_every_model_is_walked_through(loaded: Loaded) -> None:
    assert loaded.site is not None
    seen = {type(model).__name__ for _, model in each(loaded.site.definitions)}
    assert {"Definitions", "Palette", "Sender", "Stage", "Condition", "EngagementRule", "Rep"} <= seen
    paths = dict((model.id, path) for path, model in each(loaded.site.sequences["welcome"]) if isinstance(model, Step))
    assert paths["second"] == ("step", 2)
    assert set(MODELS) == {"definitions", "costs", "page", "form", "magnet", "sequence", "persona", "email"}


def test_contrast_is_the_one_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)  # the lightest grey that passes on white
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.005)
    assert len(PAIRS) == 11


@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=lambda value: str(value))
def test_each_pale_pair_is_an_error_by_day_and_by_night(
    ink: str, ground: str, least: float, write: Write, loaded: Loaded
) -> None:
    assert loaded.site is not None
    brand = loaded.site.definitions.brand
    definitions = (write({}) / "definitions.toml").read_text()
    pale = definitions.replace(f'\n{ink} = "{getattr(brand.day, ink)}"', f'\n{ink} = "{getattr(brand.day, ground)}"')
    found = told(write({"definitions.toml": pale}))
    said = f"`{ink}` on `{ground}` has a contrast of 1.00:1, too little to be read (at least {least}:1,"
    assert [(severity, said in sentence) for severity, sentence in found].count(("error", True)) == 2


def steps(*written: dict[str, object], goal: dict[str, object] | None = None) -> Sequence:
    head = {"title": "x", "topic": "advice", "sender": "chloe", "trigger": [{"form": "guide"}]}
    return Sequence.model_validate({**head, "step": list(written), **({"goal": goal} if goal else {})})


MQL = {"stage": "mql"}
A = {"id": "a", "email": "a"}
B = {"id": "b", "email": "b"}
C = {"id": "c", "email": "c"}
TO_C = {"case": [{"when": MQL, "to": "c"}]}
ELSE_C = {"when": MQL, "timeout": "2 days", "on_timeout": "c"}
ROUTES = [
    ("one below the other", steps(A, B, C), "abc"),
    ("a jump leads past", steps({"id": "a", "jump": "c"}, B, C), "ac"),
    ("a jump for some", steps({"id": "a", "jump": "c", "only_if": MQL}, B, C), "abc"),
    ("an exit ends", steps({"id": "a", "exit": "done"}, B, C), "a"),
    ("an exit for some", steps({"id": "a", "exit": "done", "only_if": MQL}, B, C), "abc"),
    ("a branch, else on", steps({"id": "a", "branch": TO_C}, B, C), "abc"),
    ("a branch, else there", steps({"id": "a", "branch": {**TO_C, "otherwise": "c"}}, B, C), "ac"),
    ("a goal", steps({"id": "a", "exit": "done"}, B, C, goal={"when": MQL, "on_reach": "c"}), "ac"),
    ("a split", steps({"id": "a", "split": [{"weight": 1, "to": "b"}, {"weight": 1, "to": "c"}]}, B, C), "abc"),
    ("a split past it", steps({"id": "a", "split": [{"weight": 1, "to": "c"}, {"weight": 1, "to": "c"}]}, B, C), "ac"),
    ("a holdout", steps({"id": "a", "holdout": 10}, B, C), "abc"),
    ("a way back", steps(A, {"id": "b", "jump": "a", "max_passes": 2}, C), "abc"),
    ("a wait that may end elsewhere", steps({"id": "a", "wait_for": ELSE_C}, B, C), "abc"),
]


@pytest.mark.parametrize(("name", "sequence", "seen"), ROUTES, ids=[row[0] for row in ROUTES])
def test_a_lead_comes_to_these_steps_and_the_others_are_told(name: str, sequence: Sequence, seen: str) -> None:
    assert reachable(sequence) == set(seen)
    unseen = [fault.message for fault in bad_routes(sequence)]
    assert unseen == [f"no lead ever comes to the step `{step}`" for step in "abc" if step not in seen]


def test_who_stands_in_the_middle_comes_to_what_is_below() -> None:
    sequence = steps(A, {"id": "b", "jump": "d"}, C, {"id": "d", "email": "d"})
    assert reachable(sequence, "b") == {"b", "d"}
    assert reachable(sequence, "d") == {"d"}
    assert reachable(sequence, "gone") == set()


@pytest.mark.parametrize(
    ("file", "instead_of", "wrote", "where"),
    [
        ("definitions.toml", "https://atelier.example", "https://www.example.com", "9:11: `https://www.example.com`"),
        (
            "definitions.toml",
            "We keep",
            "See https://localhost/privacy. We keep",
            "10:11: `https://localhost/privacy.`",
        ),
        ("forms/guide.toml", "Look at", "Go to [us](http://example.org/x), look at", "7:8: `http://example.org/x`"),
        ("pages/guide.toml", '"Inside"', '{ fr = "Ici", en = "https://127.0.0.1/x" }', "12:28: `https://127.0.0.1/x`"),
    ],
)
def test_an_address_of_nobody_is_a_warning(
    change: Callable[..., Path], file: str, instead_of: str, wrote: str, where: str
) -> None:
    [(severity, sentence)] = told(change(file, instead_of, wrote))
    assert severity == "warning"
    assert sentence == f"{file}:{where} looks like a placeholder (write the real address)"


def test_a_postal_address_without_a_number_is_a_warning(change: Callable[..., Path]) -> None:
    [(severity, sentence)] = told(change("definitions.toml", "1 rue des Tilleuls", "rue des Tilleuls"))
    assert severity == "warning"
    assert sentence.startswith("definitions.toml:7:11: `address` has no number in it")
