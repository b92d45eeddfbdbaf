"""The documents given away: real, complete in both languages, and what the pages say of them."""

import base64
import csv
import re
import zlib
from pathlib import Path

import pytest

from authoring.models.common import text_in
from authoring.site import Site
from base.paths import data_path
from docs.magnets.document import bare, read_document
from docs.make_magnets import SOURCES, make

MAGNETS = data_path("content") / "magnets"
PDFS = sorted(path.relative_to(MAGNETS).as_posix() for path in MAGNETS.rglob("*.pdf"))
ENGLISH = ("show-", "three-", "price-", "time-", "variants-")
LIMIT = 600_000
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def language(path: str) -> str:
    return "en" if Path(path).name.startswith(ENGLISH) else "fr"


def pages_of(path: str) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", (MAGNETS / path).read_bytes()))


def meant(pdf: bytes) -> bytes:
    """The PDF with its streams unpacked: what two versions of zlib may write differently is not a difference."""

    def unpacked(stream: re.Match[bytes]) -> bytes:
        body = stream.group(1).strip()
        if body.endswith(b"~>"):
            return b"stream\n" + zlib.decompress(_ascii85(body)) + b"endstream"
        return b"stream\n" + body + b"endstream"

    objects = _STREAM.sub(unpacked, pdf.partition(b"xref")[0])
    return re.sub(rb"/Length1? \d+", b"", objects)


def _ascii85(text: bytes) -> bytes:
    return base64.a85decode(text.removesuffix(b"~>"))


def test_each_magnet_has_its_files_in_both_languages(site: Site):
    for name, magnet in site.magnets.items():
        by_locale = {locale: [file.path for file in magnet.file if file.locale == locale] for locale in ("fr", "en")}
        assert len(by_locale["fr"]) == len(by_locale["en"]) >= 2, name
        for locale, paths in by_locale.items():
            assert [language(path) for path in paths] == [locale] * len(paths)
            assert [Path(path).suffix for path in paths] == [Path(path).suffix for path in by_locale["fr"]]
            assert all((MAGNETS / path).stat().st_size > 0 for path in paths)
    given = {file.path for magnet in site.magnets.values() for file in magnet.file}
    assert set(PDFS) <= given, "no file lies there for nobody"


@pytest.mark.parametrize("path", PDFS)
def test_a_pdf_opens_in_its_language_with_its_title_and_its_own_fonts(path: str):
    pdf = (MAGNETS / path).read_bytes()
    assert pdf.startswith(b"%PDF-1.")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert len(pdf) < LIMIT
    assert f"/Lang ({language(path)})".encode() in pdf
    assert b"/DisplayDocTitle true" in pdf
    assert re.search(rb"/Title \(.+\)", pdf)
    assert re.search(rb"/Author \(.+\)", pdf)
    fonts = len(re.findall(rb"/Type /Font\b", pdf))
    assert fonts == len(re.findall(rb"/FontFile2", pdf)) >= 2, "every font travels with the file"


def test_the_documents_are_as_long_as_the_pages_and_labels_say(site: Site):
    for magnet in site.magnets.values():
        for file in magnet.file:
            said = re.search(r"(\d+) pages", text_in(file.label, file.locale))
            if said:
                assert pages_of(file.path) == int(said.group(1)), file.path
    assert "10 pages" in str(site.pages["guide-3d"].hero.facts) + str(site.pages["guide-3d"].description)
    assert pages_of("guide-3d/montrer-un-projet-en-3d.pdf") == pages_of("guide-3d/show-a-project-in-3d.pdf") == 10
    assert pages_of("variantes/chiffrer-les-variantes.pdf") == pages_of("variantes/price-the-variants.pdf") == 6
    assert "**6 pages**" in str(site.pages["variantes"].hero.facts)


# What a landing page says stands on which page -> a word of that page's title, in each language.
ON_PAGE = {
    "guide-3d": {
        3: ("modélisé", "model"), 5: ("niveaux", "levels"), 7: ("deux heures", "two hours"),
        9: ("rendez-vous", "meeting"),
    },
    "variantes": {2: ("Dix points", "Ten points"), 3: ("clause", "clause"), 4: ("grille", "grid"), 6: ("dire", "say")},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ON_PAGE))
def test_a_page_number_on_a_landing_page_is_the_page_in_the_document(site: Site, name: str):
    rows = [row for section in site.pages[name].section if section.kind == "rows" for row in section.row]
    assert [row.mark for row in rows] == [f"p. {page}" for page in ON_PAGE[name]]
    for at, locale in enumerate(("fr", "en")):
        contents = {page: bare(title) for title, page in read_document(SOURCES / f"{name}.{locale}.md").contents}
        for page, words in ON_PAGE[name].items():
            assert words[at] in contents[page]


def test_what_a_landing_page_shows_of_the_guide_stands_in_the_guide(site: Site):
    (sheet,) = (section for section in site.pages["guide-3d"].section if section.kind == "sheet")
    for locale in ("fr", "en"):
        page = read_document(SOURCES / f"guide-3d.{locale}.md").pages[int(str(sheet.mark)) - 2]
        told = " ".join(bare(line) for block in page for line in block.lines).replace("\u00a0", " ").replace("’", "'")
        shown = text_in(sheet.text, locale).replace("’", "'").replace("### ", "")
        for paragraph in filter(None, shown.split("\n")):
            assert paragraph in told


def test_the_software_is_named_on_one_page_only():
    """The landing page promises it."""
    for locale, said in (("fr", "Atelier Lumen vend"), ("en", "Atelier Lumen sells")):
        pages = read_document(SOURCES / f"guide-3d.{locale}.md").pages
        assert [n for n, page in enumerate(pages, 2) if said in " ".join(line for b in page for line in b.lines)] == [
            10
        ]


def test_the_prices_of_the_documents_add_up():
    hours = {"reprise": 1, "retouche": 2, "vue": 3, "version": 4}
    assert [count * 65 for count in hours.values()] == [65, 130, 195, 260]
    sold, asked = 15, sum(hours.values())
    assert (sold * 65, (sold + asked) * 65, (sold + hours["retouche"]) * 65) == (975, 1625, 1105)
    assert sold * 65 / (sold + asked) == 39
    for locale, amounts in (
        ("fr", ("975 €", "1 625 €", "1 105 €", "39 €")),
        ("en", ("€975", "€1,625", "€1,105", "€39")),
    ):
        text = (SOURCES / f"variantes.{locale}.md").read_text(encoding="utf-8")
        assert all(amount in text for amount in amounts)


def test_the_spreadsheets_open_with_their_accents_and_their_columns():
    for path in sorted(MAGNETS.rglob("*.csv")):
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark to read the accents"
        separator = "," if language(path.name) == "en" else ";"
        rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=separator))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows[0]) >= 7


def test_the_documents_are_what_their_sources_say(tmp_path: Path):
    for path in make(tmp_path):
        fresh, kept = (tmp_path / path).read_bytes(), (MAGNETS / path).read_bytes()
        same = meant(fresh) == meant(kept) if path.endswith(".pdf") else fresh == kept
        assert same, f"{path} is stale: run `python -m docs.make_magnets`"
