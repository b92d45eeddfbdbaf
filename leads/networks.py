"""Where a request comes from, as far as published ranges say: whose machines stand there, never who sits behind.

Incomplete by nature, and only a signal: people work from data centres too. Pure: no database, no clock, no network.
"""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from base.networks import ip_of

Network = IPv4Network | IPv6Network

# Picture proxies: Gmail's, and Apple's own network (Mail Privacy Protection leaves by others too).
_MAIL_PROXY = "66.249.80.0/20 66.102.0.0/20 64.233.160.0/19 72.14.192.0/18 74.125.0.0/16 209.85.128.0/17 17.0.0.0/8"
# Gateways that look into mail: Exchange Online Protection, Proofpoint, Mimecast, Barracuda, Cisco, Symantec, Sophos.
_GATEWAY = (
    "40.92.0.0/14 40.107.0.0/16 52.100.0.0/14 104.47.0.0/17 67.231.144.0/20 148.163.128.0/19 185.132.180.0/22 "
    "91.207.212.0/23 205.220.160.0/19 205.139.110.0/24 207.211.30.0/23 207.211.41.0/24 146.101.78.0/24 "
    "195.130.217.0/24 91.220.42.0/24 64.235.144.0/20 209.222.80.0/21 68.232.128.0/19 216.71.128.0/19 "
    "67.219.240.0/20 85.158.136.0/21 193.109.254.0/23 198.154.180.0/23 194.104.108.0/22"
)
# Where servers are rented by the hour (AWS, Azure, Google, OVH, Hetzner, DigitalOcean, Linode, Scaleway).
_DATA_CENTRE = (
    "3.0.0.0/9 13.32.0.0/12 13.52.0.0/14 13.56.0.0/14 13.112.0.0/14 18.128.0.0/9 34.192.0.0/10 35.152.0.0/13 "
    "44.192.0.0/11 50.16.0.0/14 52.0.0.0/10 54.64.0.0/11 54.144.0.0/12 54.160.0.0/11 54.192.0.0/10 "
    "20.0.0.0/11 20.33.0.0/16 20.40.0.0/13 20.64.0.0/10 20.128.0.0/10 13.64.0.0/11 40.64.0.0/10 52.224.0.0/11 "
    "104.40.0.0/13 137.116.0.0/15 168.61.0.0/16 34.64.0.0/10 35.184.0.0/13 35.192.0.0/12 104.196.0.0/14 "
    "51.68.0.0/16 51.75.0.0/16 51.77.0.0/16 51.83.0.0/16 51.89.0.0/16 51.178.0.0/16 54.36.0.0/14 137.74.0.0/16 "
    "5.9.0.0/16 46.4.0.0/16 78.46.0.0/15 88.198.0.0/16 95.216.0.0/15 116.202.0.0/15 135.181.0.0/16 144.76.0.0/16 "
    "159.69.0.0/16 162.55.0.0/16 167.235.0.0/16 104.131.0.0/16 138.68.0.0/16 142.93.0.0/16 159.65.0.0/16 "
    "165.22.0.0/16 165.227.0.0/16 167.99.0.0/16 178.62.0.0/16 188.166.0.0/16 45.33.0.0/17 45.56.64.0/18 "
    "50.116.0.0/18 139.162.0.0/16 172.104.0.0/15 51.15.0.0/16 51.158.0.0/15 163.172.0.0/16"
)


def _read(ranges: str) -> tuple[Network, ...]:
    return tuple(ip_network(one) for one in ranges.split())


_RANGES = {"mail_proxy_range": _read(_MAIL_PROXY), "gateway_range": _read(_GATEWAY), "data_centre": _read(_DATA_CENTRE)}


@lru_cache(maxsize=4096)
def range_marks(address: str) -> frozenset[str]:
    """The marks of an address; none for what is no address."""
    known = ip_of(address)
    if known is None:
        return frozenset()
    return frozenset(name for name, ranges in _RANGES.items() if any(known in one for one in ranges))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str | None:
    """The neighbourhood of an address, /24 or /48: as near as gateways that change addresses can be told."""
    known = ip_of(address)
    if known is None:
        return None
    return str(ip_network(f"{known}/{24 if known.version == 4 else 48}", strict=False))
