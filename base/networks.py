"""The neighbourhood of an internet address, as far as one subscriber may fill it.

Pure: no database, no clock, no network.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address


def network(address: str) -> str:
    """/24 in version 4, /48 in version 6; what is no address stands for itself."""
    parsed = ip_of(address)
    if parsed is None:
        return address
    bits = 24 if isinstance(parsed, IPv4Address) else 48
    return f"{int(parsed) >> (parsed.max_prefixlen - bits)}/{bits}"


def outside(address: str) -> bool:
    """Whether it comes from the internet: an inner one is a proxy's or a colleague's, and tells nothing of visitors."""
    parsed = ip_of(address)
    return parsed is not None and parsed.is_global


def ip_of(address: str) -> IPv4Address | IPv6Address | None:
    """A version 4 address that is written in version 6 is the version 4 one; None for what is none. Some proxies write
    `[2001:db8::1]:443`."""
    bare = address.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed
