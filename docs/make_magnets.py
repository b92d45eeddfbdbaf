"""Makes the printed documents of the example site: `python -m docs.make_magnets` writes them under content/magnets/.

Their texts are in docs/magnets/. The same sources give the same files, so that a test can tell when they are stale.
"""

import argparse
import tomllib
from pathlib import Path

from docs.magnets.document import read_document
from docs.magnets.grid import write_grid
from docs.magnets.palette import register_fonts
from docs.magnets.pdf import write_pdf
from docs.magnets.plain import plain_text

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "magnets"


def make(into: Path) -> dict[str, int]:
    """Writes every document below `into`; gives back {path: pages}, the text versions having none."""
    register_fonts()
    made: dict[str, int] = {}
    for source in sorted(SOURCES.glob("*.md")):
        document = read_document(source)
        path = document.about["file"]
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        made[f"{path}.pdf"] = write_pdf(document, into / f"{path}.pdf")
        if path.startswith("guide-3d/"):
            (into / f"{path}.txt").write_text(plain_text(document), encoding="utf-8")
            made[f"{path}.txt"] = 0
    for locale, words in tomllib.loads((SOURCES / "grid.toml").read_text(encoding="utf-8")).items():
        made[f"{words['file']}.pdf"] = write_grid(words, locale, into / f"{words['file']}.pdf")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "content" / "magnets")
    into = parser.parse_args().into
    for path, pages in make(into).items():
        print(f"{path}  {pages or 'no'} pages, {(into / path).stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
