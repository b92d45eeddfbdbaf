"""`terreau import` through the command line: a plan first, rejects in a file, and going on after a death."""

import json
import signal
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from storage.schema import events, imports, leads, suppressions
from terreau.cli import main
from tests import forking

LIST = "Prénom Nom;E-mail;Téléphone\nAda Lovelace;ada@example.org;0639981234\nBob;bob(at)example.org;\n=1+1;;\n"


@pytest.fixture
def house(content, monkeypatch):
    """A working folder whose database is there and empty, with a list in it."""
    monkeypatch.setenv("LC_ALL", "C")
    folder = content.parent
    (folder / "liste.csv").write_bytes(LIST.encode("cp1252"))
    return folder


def told(*words: str, **environ: str):
    return CliRunner(env=environ).invoke(main, list(words))


def test_a_dry_run_needs_no_database_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERREAU__DATABASE__URL", f"sqlite:///{tmp_path}/none.db")
    Path("liste.csv").write_bytes(LIST.encode("cp1252"))
    said = told("import", "liste.csv", "--dry-run", "--json", "--lang", "fr")
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert {name: found[name] for name in ("rows", "accepted", "encoding", "delimiter", "known")} == {
        "rows": 3, "accepted": 1, "encoding": "cp1252", "delimiter": ";", "known": None,
    }  # fmt: skip
    assert found["mapping"] == {"Prénom Nom": "full_name", "E-mail": "email", "Téléphone": "phone"}
    assert found["rejected"] == [
        {"line": 3, "reason": "ce n'est pas une adresse e-mail", "code": "email_invalid"},
        {"line": 4, "reason": "ni adresse ni numéro", "code": "nobody"},
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["liste.csv"]


def test_a_dry_run_says_what_to_do_next(house):
    said = told("import", "liste.csv", "--dry-run", "--map", "Téléphone=").stdout
    steps = [line.removeprefix("  * ") for line in said.partition("What to do now:\n")[2].splitlines()]
    assert [step.split("`")[1] for step in steps] == [
        "--rejects FILE", "--map \"Téléphone=FIELD\"", "--save-mapping NAME", "--source NAME",
        '--map "COLUMN=consent:TOPIC" --consent-wording "…" --consent-proof "…"', "--dry-run",
    ]  # fmt: skip
    consent = ("--map", "Téléphone=consent:conseils-3d", "--consent-wording", "Yes", "--consent-proof", "A card")
    wishes = ("--save-mapping", "salon", "--source", "salon", "--consent-on", "2026-10-01", *consent)
    kept = told("import", "liste.csv", "--dry-run", *wishes).stdout
    assert "The mapping is kept: `--mapping salon` uses it again." in kept
    steps = kept.partition("What to do now:\n")[2].splitlines()
    assert [step.split("`")[1] for step in steps] == ["--rejects FILE", "--dry-run"]


def test_the_plan_is_shown_and_nothing_is_written_without_a_yes(house, database):
    said = told("import", "liste.csv")
    assert said.exit_code == 1
    assert "3 rows: 1 accepted, 2 not taken." in said.stdout
    assert "add --yes to take the list in" in said.stderr
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(leads)).scalar() == 0


def test_what_is_not_taken_is_beside_the_file_line_and_reason_first(house, database):
    said = told("import", "liste.csv", "--yes", "--source", "salon", "--lang", "fr", "--author", "ada")
    assert said.exit_code == 0, said.output
    assert (house / "liste.csv.rejects.csv").read_text("utf-8-sig") == (
        "ligne;motif;Prénom Nom;E-mail;Téléphone\n3;ce n'est pas une adresse e-mail;Bob;bob(at)example.org;\n"
        "4;ni adresse ni numéro;'=1+1;;\n"
    )
    [row] = json.loads(told("imports", "--json").stdout)
    assert (row["file"], row["author"], row["state"], row["counts"]["created"]) == ("liste.csv", "ada", "done", 1)
    assert "liste.csv  by ada  taken in: 1 accepted (1 new), 2 not taken" in told("imports").stdout


def test_the_same_file_is_not_taken_in_twice_unless_asked(house):
    assert told("import", "liste.csv", "--yes").exit_code == 0
    again = told("import", "liste.csv", "--yes")
    assert (again.exit_code, "add --again" in again.stderr) == (1, True)
    assert told("import", "liste.csv", "--yes", "--again").exit_code == 0


def test_a_mapping_is_adjusted_kept_by_name_and_used_again(house):
    kept = told("import", "liste.csv", "--dry-run", "--map", "Prénom Nom=last_name", "--save-mapping", "salon")
    assert kept.exit_code == 0, kept.output
    found = json.loads(told("import", "liste.csv", "--dry-run", "--json", "--mapping", "salon").stdout)
    assert found["mapping"] == {"Prénom Nom": "last_name", "E-mail": "email", "Téléphone": "phone"}
    for words, sentence in [
        (["--mapping", "salone"], "no mapping is kept under the name `salone` (kept are: salon)"),
        (["--map", "E-mial=email"], "the list has no column `E-mial` (did you mean `E-mail`?)"),
        (["--map", "E-mail=emial"], "there is no field `emial` to fill (did you mean `email`?)"),
        (
            ["--map", "Prénom Nom=consent:conseils-3d"],
            "consent needs its proof, and misses: the exact wording they agreed to; where and how they agreed; the day",
        ),
        (["--encoding", "klingon"], "the file cannot be read in the encoding `klingon`"),
    ]:
        said = told("import", "liste.csv", "--dry-run", *words)
        assert (said.exit_code, sentence in said.stderr) == (1, True), said.stderr
    gone = told("import", "nothing.csv", "--dry-run")
    assert (gone.exit_code, "nothing.csv cannot be read" in gone.stderr) == (1, True)


OPTED = (
    "E-mail;OK;Le\nada@example.org;oui;28/02/2025\nbob@example.org;oui;02/2025\nchloe@wanado.fr;oui;2031-01-01\nx;;\n"
)
CONSENT = (
    "--map", "OK=consent:conseils-3d", "--map", "Le=consent_at", "--consent-wording", "Oui", "--consent-proof", "paper",
)  # fmt: skip
TOLD = [
    "  ~ 1: the day of the consent is still to come: no consent is recorded (line 4)",
    "  ~ 1: the day of the consent cannot be read: no consent is recorded (line 3)",
]


def test_what_is_not_taken_is_never_written_over_the_list_itself_and_others_may_not_read_it(house):
    before = (house / "liste.csv").read_bytes()
    refused = told("import", "liste.csv", "--dry-run", "--rejects", "./liste.csv")
    assert (refused.exit_code, (house / "liste.csv").read_bytes()) == (1, before)
    assert "is the list itself: name another file for --rejects" in refused.output
    assert told("import", "liste.csv", "--dry-run", "--rejects", "mend.csv").exit_code == 0
    assert (house / "mend.csv").stat().st_mode & 0o777 == 0o600


def test_consents_are_told_alike_in_a_dry_run_in_the_import_and_in_the_file_of_what_was_not_taken(house):
    (house / "opted.csv").write_text(OPTED)
    plan = told("import", "opted.csv", "--dry-run", "--rejects", "plan.csv", *CONSENT)
    assert "1 new consent would be recorded with its proof. Of 2 people none could be." in plan.stdout
    assert "  ~ 1: the mail provider looks mistyped (line 4)" in plan.stdout
    shown = json.loads(told("import", "opted.csv", "--dry-run", "--json", *CONSENT).stdout)
    assert (shown["consents"], shown["no_consent"]) == (1, 2)
    assert [(one["line"], one["code"]) for one in shown["remarks"]] == [(3, "no_day"), (4, "typo"), (4, "day_to_come")]
    assert [one["line"] for one in shown["rejected"]] == [5]
    done = told("import", "opted.csv", "--yes", "--author", "ada", *CONSENT)
    result = done.stdout.partition("Import 1: ")[2]
    assert result.startswith("3 new contacts, 1 row not taken.\n1 consent was recorded with its proof. Of 2 people")
    assert all(line in said for line in TOLD for said in (plan.stdout, result))
    kept = (house / "opted.csv.rejects.csv").read_text("utf-8-sig")
    assert kept == (house / "plan.csv").read_text("utf-8-sig")
    assert [line.split(";")[0] for line in kept.splitlines()] == ["line", "3", "4", "5"]
    assert "3;the day of the consent cannot be read: no consent is recorded;bob@example.org;oui;02/2025" in kept
    again = json.loads(told("import", "opted.csv", "--yes", "--again", "--json", "--author", "ada", *CONSENT).stdout)
    assert [(one["line"], one["code"]) for one in again["remarks"]] == [(3, "no_day"), (4, "typo"), (4, "day_to_come")]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "No new consent was recorded. Of 1 person none could be."),
        ("fr", "Aucun nouveau consentement n'a été enregistré. Pour 1 personne, aucun n'a pu l'être."),
    ],
)
def test_an_import_that_could_record_no_consent_says_so(house, lang, sentence):
    (house / "none.csv").write_text("E-mail;OK;Le\nbob@example.org;oui;02/2025\n")
    assert sentence in told("import", "none.csv", "--yes", "--lang", lang, *CONSENT).stdout.splitlines()


GONE = (
    "E-mail;Statut;Opposition RGPD\nada@example.org;abonné;\nbob@example.org;désabonné;\n"
    "chloe@example.org;abonné;peut-être\ndan@example.org;nettoyé;\n"
)


def test_who_left_elsewhere_is_told_before_and_after_and_the_columns_can_be_unsaid(house, database):
    (house / "gone.csv").write_text(GONE)
    plan = told("import", "gone.csv", "--dry-run").stdout
    assert (
        "Left elsewhere, by `Statut`, `Opposition RGPD`:\n"
        "  - 1: mail to them came back: left alone by all mail from now on\n"
        "  - 1: unsubscribed: left alone by marketing from now on\n"
        "Not understood there: `peut-être` (1).\n"
    ) in plan
    assert "cannot be read: they are not left alone for it, and no consent is recorded (line 4)" in plan
    shown = json.loads(told("import", "gone.csv", "--dry-run", "--json").stdout)
    assert (shown["left"], shown["unread"]) == ({"unsubscribed": 1, "hard_bounce": 1}, {"peut-être": 1})
    assert [(one["line"], one["code"]) for one in shown["remarks"]] == [(4, "unread")]
    unsaid = told("import", "gone.csv", "--dry-run", "--map", "Statut=", "--map", "Opposition RGPD=").stdout
    assert "Left elsewhere" not in unsaid
    assert "`Statut`, `Opposition RGPD`: it looks as if it said who left elsewhere, and is left out." in unsaid
    assert '`--map "COLUMN=unsubscribed"` leaves alone whom it says yes of' in unsaid
    done = told("import", "gone.csv", "--yes", "--author", "ada")
    assert "2 rows say that they left elsewhere: they are left alone from now on." in done.stdout
    kept = (house / "gone.csv.rejects.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in kept] == ["line", "4"]
    assert kept[1].endswith(";chloe@example.org;abonné;peut-être")
    again = json.loads(told("import", "gone.csv", "--yes", "--again", "--json").stdout)
    assert (again["counts"]["left"], again["counts"]["stayed"], again["suppressed"]) == (0, 1, 2)
    assert "by `Statut`, `Opposition RGPD`: nobody who is not left alone already." in told(
        "import", "gone.csv", "--dry-run"
    ).stdout  # fmt: skip
    assert count(database, suppressions) == 2


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "They had left all mail elsewhere, says line 3 of a list taken in on "),
        ("fr", "S’était désabonné de tous les e-mails ailleurs, d’après la ligne 3 d’une liste importée le "),
    ],
)
def test_why_names_the_line_of_the_list_that_says_they_left(house, lang, sentence):
    (house / "gone.csv").write_text(GONE)
    told("import", "gone.csv", "--yes", "--author", "ada")
    assert told("apply", "--author", "ada").exit_code == 0
    said = told("why", "bob@example.org", "--lang", lang)
    assert sentence in said.stdout, said.output
    [alone] = json.loads(told("why", "bob@example.org", "--json").stdout)["left_alone"]
    assert (alone["reason"], alone["import"], alone["line"]) == ("unsubscribed", 1, 3)
    [alone] = json.loads(told("why", "dan@example.org", "--json").stdout)["left_alone"]
    assert (alone["scope"], alone["reason"], alone["line"]) == ("all", "hard_bounce", 5)


def test_a_list_of_people_who_left_leaves_every_one_of_them_alone(house, database):
    (house / "gone.csv").write_text("ada@example.org\nbob@example.org\n")
    plan = told("import", "gone.csv", "--dry-run", "--everybody", "complained").stdout
    assert "Left elsewhere, by the whole list:\n  - 2: reported mail as spam" in plan
    told("import", "gone.csv", "--yes", "--everybody", "complained")
    assert count(database, suppressions) == 2


def test_a_mended_row_of_that_file_brings_the_consent_in(house):
    (house / "opted.csv").write_text(OPTED)
    told("import", "opted.csv", "--yes", "--author", "ada", *CONSENT)
    kept = house / "opted.csv.rejects.csv"
    kept.write_text(kept.read_text("utf-8-sig").replace(";02/2025", ";02/02/2025"))
    assert "1 consent was recorded with its proof." in told("import", kept.name, "--yes", *CONSENT).stdout


def test_counts_of_an_import_are_told_without_those_that_are_none(house):
    (house / "one.csv").write_text("E-mail\nada@example.org\nada@example.org\n")
    plan = told("import", "one.csv", "--dry-run").stdout
    assert "Of those accepted" not in plan
    assert "  - 1: the same person as in a line above\n  line 3: the same person as in line 2" in plan
    told("import", "one.csv", "--yes")
    assert "Of those accepted, 1 is known already." in told("import", "one.csv", "--dry-run").stdout
    assert (
        "Import 2: 1 known lead with nothing new, 1 row not taken."
        in told("import", "one.csv", "--yes", "--again").stdout
    )


def test_a_mapping_is_not_kept_by_an_import_that_is_not_carried_out(house):
    assert told("import", "liste.csv", "--save-mapping", "salon").exit_code == 1
    unknown = told("import", "liste.csv", "--dry-run", "--mapping", "salon")
    assert "no mapping is kept under the name `salon` (kept are: -)" in unknown.stderr
    done = told("import", "liste.csv", "--save-mapping", "salon", "--yes")
    assert "The mapping is kept: `--mapping salon` uses it again." in done.stdout
    assert told("import", "liste.csv", "--dry-run", "--mapping", "salon").exit_code == 0


def test_a_list_of_imports_tells_the_time_of_the_site_and_json_that_of_utc(house, database):
    told("import", "liste.csv", "--yes", "--author", "ada")
    with database.read() as conn:
        at = conn.execute(select(imports.c.at)).scalar_one()
    local = at.astimezone(ZoneInfo("Europe/Paris"))
    assert told("imports").stdout.startswith(f"1  {local:%Y-%m-%d %H:%M}  liste.csv")
    assert json.loads(told("imports", "--json").stdout)[0]["at"] == at.isoformat()


NOBODYS = "E-mail\nada@example.org\nchloe@yopmail.fr\ncompta@atelier.fr\n"


@pytest.mark.parametrize(
    ("wishes", "taken", "refused"),
    [
        ((), ["ada@example.org", "chloe@yopmail.fr", "compta@atelier.fr"], {}),
        (("--refuse-disposable",), ["ada@example.org", "compta@atelier.fr"], {3: "disposable"}),
        (("--refuse-roles",), ["ada@example.org", "chloe@yopmail.fr"], {4: "role"}),
        (("--refuse-roles", "--refuse-disposable"), ["ada@example.org"], {3: "disposable", 4: "role"}),
    ],
)
def test_addresses_that_nobody_keeps_or_reads_are_left_out_where_that_is_wished(
    house, database, wishes, taken, refused
):
    (house / "people.csv").write_text(NOBODYS)
    plan = json.loads(told("import", "people.csv", "--dry-run", "--json", *wishes).stdout)
    assert {one["line"]: one["code"] for one in plan["rejected"]} == refused
    assert plan["hints"] == {code: 1 for line, code in {3: "disposable", 4: "role"}.items() if line not in refused}
    done = told("import", "people.csv", "--yes", "--author", "ada", *wishes)
    assert done.exit_code == 0, done.output
    with database.read() as conn:
        assert sorted(conn.execute(select(leads.c.email)).scalars()) == taken
    kept = house / "people.csv.rejects.csv"
    assert kept.exists() == bool(refused)
    if "disposable" in refused.values():
        assert "3,the address is thrown away after use,chloe@yopmail.fr" in kept.read_text("utf-8-sig")


def test_an_import_that_is_killed_again_and_again_takes_nobody_in_twice(house, database):
    rows = 2000
    lines = "".join(f"lead{number}@example.org;Nom {number}\n" + "x;\n" * (number % 100 == 0) for number in range(rows))
    (house / "long.csv").write_text("email;nom\n" + lines)
    command, said = ("import", "long.csv", "--yes", "--author", "ada"), house / "said"
    deaths = 0
    for written in (100, 500, 1300):
        child = forking.terreau(*command, folder=house, said=said)
        while child.is_alive() and count(database, leads) < written:
            time.sleep(0.01)
        child.kill()
        child.join()
        deaths += child.exitcode == -signal.SIGKILL
        assert child.exitcode in (0, -signal.SIGKILL), said.read_text()
    last = forking.terreau(*command, folder=house, said=said)
    last.join()
    assert deaths >= 2
    assert last.exitcode == 0, said.read_text()
    assert (count(database, leads), count(database, events)) == (rows, rows)
    with database.read() as conn:
        [row] = conn.execute(select(imports)).all()
    assert {name: row.counts[name] for name in ("rows", "created", "changed", "unchanged", "rejected")} == {
        "rows": 2020, "created": 2000, "changed": 0, "unchanged": 0, "rejected": 20,
    }  # fmt: skip
    assert len((house / "long.csv.rejects.csv").read_text("utf-8-sig").splitlines()) == 21


def count(database, table) -> int:
    with database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())
