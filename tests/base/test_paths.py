import shutil
import subprocess
import sys
from pathlib import Path

from base.paths import data_path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_in_the_checkout_data_lies_in_its_own_folders():
    assert data_path("translations", "fr") == CHECKOUT / "translations" / "fr"


def test_installed_data_lies_beside_the_package(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "terreau" / "_data").mkdir(parents=True)
    for name in ("__init__.py", "paths.py"):
        shutil.copy(CHECKOUT / "base" / name, tmp_path / "base" / name)
    code = "from base.paths import data_path; print(data_path('config.toml'))"
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(tmp_path / "terreau" / "_data" / "config.toml")
