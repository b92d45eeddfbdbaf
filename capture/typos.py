"""Was the mail provider meant another one? A question for the thanks page, never a reason to refuse.

Pure: no database, no clock, no network.
"""

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
    if name in REAL:
        return None
    provider = name if name in PROVIDERS else next((known for known in PROVIDERS if _one_slip(name, known)), None)
    if provider is None or not ending:
        return None
    endings = PROVIDERS[provider]
    if name == provider and ending not in SLIPS and (name, ending) != ("gmail", "fr"):
        return None
    return f"{provider}.{ending if ending in endings else _nearest(ending, endings)}"


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
