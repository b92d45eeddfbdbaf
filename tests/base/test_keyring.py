import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from base.keyring import Keys, keep_secret, read_secret


def test_a_secret_is_made_once_for_the_owner_only(tmp_path):
    folder = tmp_path / "secrets"
    secret = keep_secret(folder, "session_key")
    assert len(secret) == 43
    assert keep_secret(folder, "session_key") == secret
    assert keep_secret(folder, "signing_keys") != secret
    assert stat.S_IMODE((folder / "session_key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["session_key", "signing_keys"]


def test_those_who_start_together_end_with_the_same_secret(tmp_path):
    with ThreadPoolExecutor(16) as many:
        made = list(many.map(lambda _: keep_secret(tmp_path / "secrets", "key"), range(64)))
    assert len(set(made)) == 1


def test_a_secret_is_on_the_disk_before_its_name(tmp_path, to_disk):
    secret = keep_secret(tmp_path / "secrets", "key")
    assert to_disk == [f"{len(secret) + 1} bytes", "name"]


def test_an_empty_secret_is_no_secret(tmp_path):
    (tmp_path / "key").write_text(" \n")
    with pytest.raises(ValueError, match="is empty"):
        read_secret(tmp_path / "key")


def test_keys_do_not_show_themselves():
    assert "hidden" not in repr(Keys(("hidden",), "hidden", "hidden"))
