"""Fetches the vendored assets named in manifest.json from npm and holds them against their hashes.

Run: make vendor. With `--pin`, after a deliberate change of version, it writes the hashes of what came.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MANIFEST = Path(__file__).with_name("manifest.json")


def sha384(content: bytes) -> str:
    """The hash in the form that `integrity` attributes use."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def fetch(package: str) -> tarfile.TarFile:
    """The package's archive as npm packs it."""
    with tempfile.TemporaryDirectory() as folder:
        name = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        return tarfile.open(fileobj=io.BytesIO((Path(folder) / name).read_bytes()))


def main() -> None:
    manifest = json.loads(MANIFEST.read_text())
    for asset in manifest:
        archive = fetch(asset["package"])
        for file in asset["files"]:
            member = archive.extractfile("package/" + file["from"])
            if member is None:
                sys.exit(f"{asset['package']} has no file {file['from']}: correct tests/vendor/manifest.json")
            content = member.read()
            if "--pin" in sys.argv:
                file["sha384"] = sha384(content)
            elif sha384(content) != file["sha384"]:
                sys.exit(f"{asset['package']} {file['from']} is not what was pinned: nothing was changed")
            target = CHECKOUT / file["to"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            print(f"{file['to']}  {len(content):,} bytes  {asset['licence']}")
    if "--pin" in sys.argv:
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
