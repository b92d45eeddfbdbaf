"""Finds the files that are read, not imported: beside the installed package, or in the checkout."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_INSTALLED = _ROOT / "terreau" / "_data"


def data_path(*parts: str) -> Path:
    """The path of packaged data such as `data_path("templates", "pages")`; it is not checked to exist."""
    return (_INSTALLED if _INSTALLED.is_dir() else _ROOT).joinpath(*parts)
