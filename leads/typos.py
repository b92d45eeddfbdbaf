"""Was the mail provider meant another one? A question for the thanks page, never a reason to refuse.

Pure: no database, no clock, no network.
"""

from functools import lru_cache

PROVIDERS = {
    "gmail": ("com",),
    "googlemail": ("com",),
    "outlook": ("com", "fr"),
    "hotmail": ("com", "fr"),
    "yahoo": ("com", "fr"),
    "icloud": ("com",),
    "orange": ("fr",),
    "wanadoo": ("fr",),
    "laposte": ("net",),
    "protonmail": ("com",),
}
REAL = {"mail", "email", "ymail", "rmail", "proton", "googlemail"}  # near a provider's name, and really there
SLIPS = {"con", "cmo", "cm", "co", "om", "comm", "cim", "vom", "xom", "fe", "rf", "ft", "nt", "ne"}


def meant_domain(address: str) -> str | None:
    """The domain that was probably meant: "gmail.com" for "chloe@gmial.com"; None when nothing looks wrong."""
    name, _, ending = address.rpartition("@")[2].lower().partition(".")
    provider = _provider(name)
    if provider is None or not ending:
        return None
    endings = PROVIDERS[provider]
    if name == provider and ending not in SLIPS and (name, ending) != ("gmail", "fr"):
        return None
    return f"{provider}.{ending if ending in endings else _nearest(ending, endings)}"


def missing_end(address: str, usual: str) -> tuple[str, str]:
    """For an address cut off after its "@": what it should read up to its last dot, and the ending that follows.

    `usual` is the ending of the language, such as ".fr": "chloe@gmial" -> ("chloe@gmail", ".com").
    """
    local, _, name = address.rpartition("@")
    provider = _provider(name.lower())
    if provider is None:
        return address, usual
    endings = PROVIDERS[provider]
    return f"{local}@{provider}", usual if usual[1:] in endings else f".{endings[0]}"


@lru_cache(maxsize=10_000)  # a list holds the same names again and again
def _provider(name: str) -> str | None:
    """The provider of that name, or the one it is a slip away from."""
    if name in REAL:
        return None
    return name if name in PROVIDERS else next((known for known in PROVIDERS if _one_slip(name, known)), None)


def _one_slip(typed: str, known: str) -> bool:
    """One letter too many, too few, wrong, or two neighbours exchanged."""
    if len(known) < 5 or abs(len(typed) - len(known)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(known)) and typed[start] == known[start]:
        start += 1
    rest, other = typed[start:], known[start:]
    return rest != other and (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )


def _nearest(ending: str, endings: tuple[str, ...]) -> str:
    return next((known for known in endings if known[0] == ending[0]), endings[0])
