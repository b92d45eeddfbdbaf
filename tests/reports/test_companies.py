"""Companies by domain: made at first sight, right after merges, corrections and erasures, without a row moved."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select, update

from leads import companies, erasing, merging, parting
from leads.correcting import correct
from leads.forgetting import Clerk
from reports import companies as seen
from storage.schema import companies as table
from storage.schema import leads
from tests.conftest import SUPPRESSION_KEY

ADA = Clerk("Ada")


@pytest.fixture
def house(lively):
    """Ada and bob of a studio, chloé at home. Ids by name."""
    return {
        "ada": lively.submits("ada", email="ada@studio-brun.fr", company="Studio Brun"),
        "bob": lively.submits("bob", email="bob@news.studio-brun.fr", company="studio brun"),
        "chloé": lively.submits("chloe", email="chloe@orange.fr", company="Studio Brun"),
    }


def domains(lively):
    with lively.database.read() as conn:
        return sorted(conn.scalars(select(table.c.domain)))


def company(lively, domain="studio-brun.fr", owners=None):
    with lively.database.read() as conn:
        return seen.company(conn, domain, owners)


def of_lead(lively, lead_id):
    with lively.database.read() as conn:
        return companies.of_lead(conn, lead_id)


def writes(lively, job):
    return lively.database.write(job)


def merges(lively, kept, gone):
    site, now = lively.releases.in_force(), lively.clocks.moment()
    writes(lively, lambda conn: merging.merge(conn, kept, gone, site, now))
    lively.works()


def test_the_first_address_at_a_domain_makes_the_company_and_a_providers_none(lively, house):
    assert domains(lively) == ["studio-brun.fr"]
    found = company(lively)
    assert set(found.ids) == {house["ada"], house["bob"]}
    assert found.name == "Studio Brun"
    assert sum(found.stages.values()) == 2
    assert of_lead(lively, house["chloé"]) == ()


def test_a_lead_of_a_provider_belongs_to_the_company_of_whoever_they_turned_out_to_be_until_parted(lively, house):
    chloé, bob = house["chloé"], house["bob"]
    merges(lively, chloé, bob)
    assert of_lead(lively, chloé) == ("studio-brun.fr",)
    assert set(company(lively).ids) == {house["ada"], chloé}
    writes(lively, lambda conn: parting.unmerge(conn, bob, lively.clocks.moment()))
    lively.works()
    assert of_lead(lively, chloé) == ()
    assert set(company(lively).ids) == {house["ada"], bob}


def test_a_lead_of_a_company_stays_there_whomever_it_stands_for(lively, house):
    dora = lively.submits("dora", email="dora@news.autre-atelier.fr")
    merges(lively, dora, house["bob"])
    assert of_lead(lively, dora) == ("autre-atelier.fr",)
    assert company(lively).ids == (house["ada"],)


def test_another_address_is_another_company_and_an_empty_company_goes(lively, house):
    for who in ("ada", "bob"):
        told = {"email": f"{who}@ailleurs.fr"}
        job = (house[who], told, [], SUPPRESSION_KEY, ADA, lively.clocks.moment())
        writes(lively, lambda conn, job=job: correct(conn, *job))
    assert domains(lively) == ["ailleurs.fr"]
    assert set(company(lively, "ailleurs.fr").ids) == {house["ada"], house["bob"]}


@pytest.mark.parametrize("way", [erasing.erase, erasing.anonymise])
def test_the_company_goes_with_the_last_of_its_leads(lively, house, way):
    lively.later(hours=1)
    writes(lively, lambda conn: way(conn, house["ada"], SUPPRESSION_KEY, lively.clocks.moment()))
    assert domains(lively) == ["studio-brun.fr"]
    writes(lively, lambda conn: way(conn, house["bob"], SUPPRESSION_KEY, lively.clocks.moment()))
    assert domains(lively) == []
    assert company(lively) is None


def test_a_company_whose_last_lead_goes_while_a_new_one_comes_stays(lively, house):
    met, gone = Event(), Event()

    def comes(conn):
        domain = companies.meet(conn, "chloe@studio-brun.fr", lively.clocks.calendar())
        conn.execute(update(leads).where(leads.c.id == house["chloé"]).values(company_domain=domain))
        met.set()
        gone.wait(1)

    with ThreadPoolExecutor() as pool:
        coming = pool.submit(writes, lively, comes)
        met.wait(10)
        for who in ("ada", "bob"):
            writes(
                lively, lambda conn, who=who: erasing.erase(conn, house[who], SUPPRESSION_KEY, lively.clocks.moment())
            )
        gone.set()
        coming.result()
    assert domains(lively) == ["studio-brun.fr"]
    assert company(lively).ids == (house["chloé"],)


def test_a_large_company_is_counted_whole_and_shown_in_part_beside_a_small_one(lively, house, monkeypatch):
    monkeypatch.setattr(seen, "LEADS", 1)
    dora = lively.submits("dora", email="dora@zinc.fr", company="Zinc")
    with lively.database.read() as conn:
        brun, zinc = seen.page(conn, (), "", None).companies
    assert (brun.count, sum(brun.stages.values()), len(brun.ids)) == (2, 2, 1)
    assert (zinc.count, zinc.ids, zinc.name) == (1, (dora,), "Zinc")


def test_what_staff_call_it_stands_above_what_its_leads_write(lively, house):
    now = lively.clocks.calendar()
    writes(lively, lambda conn: companies.name(conn, "studio-brun.fr", "Brun & Cie", now))
    assert company(lively).name == "Brun & Cie"
    writes(lively, lambda conn: companies.name(conn, "studio-brun.fr", "", now))
    assert company(lively).name == "Studio Brun"


def test_who_was_known_before_companies_were_is_placed_once_and_for_all(lively, house):
    writes(lively, lambda conn: conn.execute(update(leads).values(company_domain=None)).rowcount)
    writes(lively, lambda conn: conn.execute(table.delete()).rowcount)
    companies.fill_in(lively.database, lively.clocks.calendar())
    companies.fill_in(lively.database, lively.clocks.calendar())
    assert domains(lively) == ["studio-brun.fr"]
    assert set(company(lively).ids) == {house["ada"], house["bob"]}


def test_companies_are_listed_and_found_as_far_as_their_leads_may_be_seen(lively, house, watched):
    lively.submits("dora", email="dora@zinc.fr", company="Zinc")
    nadia = frozenset({None, "nadia"})
    writes(
        lively,
        lambda conn: conn.execute(update(leads).where(leads.c.id == house["bob"]).values(owner="karim")).rowcount,
    )
    with watched() as conn:
        assert [one.domain for one in seen.page(conn, (), "", None).companies] == ["studio-brun.fr", "zinc.fr"]
        assert [one.domain for one in seen.page(conn, (), "studio-brun.fr", None).companies] == ["zinc.fr"]
        assert [one.domain for one in seen.page(conn, ("brun",), "", None).companies] == ["studio-brun.fr"]
        assert seen.page(conn, ("nowhere",), "", None).companies == ()
        assert [len(one.ids) for one in seen.page(conn, (), "", nadia).companies] == [1, 1]
        assert [one.domain for one in seen.best(conn, ("zinc",), nadia)] == ["zinc.fr"]
        assert seen.page(conn, (), "", frozenset({"karim"})).companies[0].ids == (house["bob"],)


def test_a_long_list_of_companies_comes_a_page_at_a_time(lively, monkeypatch):
    monkeypatch.setattr(seen, "PAGE", 2)
    for who in ("ada", "bob", "chloe"):
        lively.submits(who, email=f"{who}@studio-{who}.fr")
    with lively.database.read() as conn:
        first = seen.page(conn, (), "", None)
        rest = seen.page(conn, (), first.after, None)
    assert [one.domain for one in (*first.companies, *rest.companies)] == [
        "studio-ada.fr", "studio-bob.fr", "studio-chloe.fr",
    ]  # fmt: skip
    assert (first.after, rest.after) == ("studio-bob.fr", None)


def test_they_stand_in_the_order_of_what_they_are_called_page_after_page(lively, house):
    """Whoever called them so; of too many, in that of their domains, which is said."""
    for name, domain in (("dora", "aaa.fr"), ("emil", "zzz.fr"), ("fay", "mmm.fr")):
        lively.submits(name, email=f"{name}@{domain}", company={"aaa.fr": "Zinc", "zzz.fr": "élan"}.get(domain, ""))
    writes(lively, lambda conn: companies.name(conn, "mmm.fr", "Écho", lively.clocks.calendar()) or 0)

    def listed(after="", **more):
        with lively.database.read() as conn:
            found = seen.page(conn, (), after, None, **more)
        return [one.name for one in found.companies], found.by_name

    assert listed() == (["Écho", "élan", "Studio Brun", "Zinc"], True)
    assert listed("zzz.fr") == (["Studio Brun", "Zinc"], True)
    assert listed(named=3) == (["Zinc", "Écho", "Studio Brun", "élan"], False)
    assert listed("mmm.fr", named=3) == (["Studio Brun", "élan"], False)
