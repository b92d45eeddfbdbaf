"""What SpamAssassin thinks of a mail, where it is installed; only its own rules are asked, nobody on the network."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import compat32

from base.saying import Said, said

SECONDS = 60
ABSENT = said("SpamAssassin is not installed here, so there is no spam score (on Debian: apt install spamassassin)")
_STATUS = re.compile(r"score=(-?[\d.]+) required=(-?[\d.]+) tests=(\S*)")


@dataclass(frozen=True, slots=True)
class Score:
    """`points` against the `threshold` from which a mail is taken for spam, and the rules that gave them."""

    points: float
    threshold: float
    rules: tuple[str, ...]

    @property
    def sentence(self) -> Said:
        verdict = said("taken for spam") if self.points >= self.threshold else said("not spam")
        rules = f": {', '.join(self.rules)}" if self.rules else ""
        return said(
            "%(points)s points of the %(threshold)s that make spam, %(verdict)s%(rules)s",
            points=f"{self.points:.1f}", threshold=f"{self.threshold:.1f}", verdict=verdict, rules=rules,
        )  # fmt: skip


def spam_sentence(data: bytes, program: str | None = None) -> Said:
    """The score of the mail `data`, or why there is none. `program`: by default the one on the PATH."""
    found = program or shutil.which("spamassassin")
    if found is None:
        return ABSENT
    try:
        done = subprocess.run([found, "--local"], input=data, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return said("SpamAssassin did not answer: %(why)s", why=error)
    score = read_score(done.stdout)
    if score is None:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = complaint[-1] if complaint else said("it ended with %(code)s", code=done.returncode)
        return said("SpamAssassin gave no score: %(why)s", why=why)
    return score.sentence


def read_score(mail: bytes) -> Score | None:
    """The score in the header that SpamAssassin writes, None without one. Pure."""
    status = re.sub(r"\s+", " ", str(BytesHeaderParser(policy=compat32).parsebytes(mail)["X-Spam-Status"] or ""))
    found = _STATUS.search(status.replace(", ", ","))
    if found is None:
        return None
    rules = tuple(rule for rule in found.group(3).split(",") if rule not in ("", "none"))
    return Score(float(found.group(1)), float(found.group(2)), rules)
