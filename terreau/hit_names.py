"""What the columns of a file of hits are called in the wild, and what its words mean.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Mapping

from leads.hits import Kind

_NAMES = {
    "id": "id hitid eventid uid uuid",
    "kind": "kind type event eventtype recordtype action hittype activity événement evenement name",
    "at": (
        "at time timestamp ts date datetime hitat occurredat clickedat openedat createdat receivedat "
        "eventtime when requestedat created horodatage dateheure"
    ),
    "sent_at": (
        "sentat sent deliveredat delivered acceptedat mailsentat senttime deliverytime sendtime sentts 250at "
        "smtp250at accepted at250 messagesentat emailsentat sentbycreated"
    ),
    "after": (
        "sincesent secondssincesent secondssincedelivery secondsaftersent secondsafter250 delay delta elapsed "
        "delayseconds sincedelivery since250 latency secondsafterdelivery aftersent delays deltas tsincesent "
        "secondsaftersend"
    ),
    "mail": "message messageid mail mailid emailid msg msgid mid token messagetoken emailid sendid deliveryid",
    "lead": (
        "lead leadid recipient recipientid contact contactid subscriber subscriberid email emailaddress rcpt "
        "to user userid person personid recipienthash destinataire"
    ),
    "link": (
        "link url target href linkid linknumber linkindex linkurl originallink targetlinkurl lien path destination uri"
    ),
    "hidden": (
        "hidden trap honeytrap honeypot honey invisible hiddenlink istrap ishidden ishoneypot honeylink "
        "traplink ishoneytrap"
    ),
    "method": "method httpmethod verb requestmethod",
    "agent": "useragent ua agent httpuseragent browser useragentstring",
    "address": (
        "ip ipaddress remoteaddr address clientip remoteip sourceip ipaddr remotehost addr xforwardedfor forwardedfor "
        "xrealip geoip adresseip"
    ),
    "beacon": (
        "beacon seen beaconseen js javascript confirmed landingseen beaconat seenat jsbeacon hasbeacon "
        "beaconfired beaconreceived landingbeacon pageseen ranjs beaconafter beaconafters scriptran"
    ),
    "touched": (
        "touched interaction interacted gesture acted scrolled engaged moved pointer interactions mousemoved "
        "userinteraction humaninput"
    ),
    "driven": "webdriver driven navigatorwebdriver headless automated",
    "prefetch": "prefetch isprefetch prefetched isprefetched prerender",
    "proxied": "machineopen sgmachineopen ismachineopen",
    "network": "network networkid subnet iphash ipprefix",
    "org": (
        "asn asnorg org organisation organization isp asname networkname hosting iptype asorg datacenter "
        "datacentre isdatacenter ishosting"
    ),
}
# What we ask for -> its names: lower case, without `-`, `_`, spaces and dots.
NAMES: Mapping[str, tuple[str, ...]] = {meaning: tuple(names.split()) for meaning, names in _NAMES.items()}
HEADERS = (
    "accept-language", "accept", "purpose", "sec-purpose", "x-purpose", "x-moz", "sec-fetch-user", "sec-fetch-mode",
    "sec-fetch-site", "sec-fetch-dest", "referer", "user-agent",
)  # fmt: skip
HEADER_BAGS = ("headers", "requestheaders", "httpheaders", "reqheaders")
KINDS: tuple[tuple[str, Kind], ...] = (
    ("open", "open"), ("ouvert", "open"), ("pixel", "open"), ("image", "open"), ("view_in_mail", "open"),
    ("impression", "open"),
    ("click", "click"), ("link", "click"), ("redirect", "click"), ("download", "download"), ("asset", "download"),
    ("télécharg", "download"),
    ("visit", "visit"), ("page", "visit"), ("view", "visit"), ("beacon", "visit"),
)  # fmt: skip
HIDDEN_NAME = re.compile(r"honey|trap\b|hidden", re.IGNORECASE)
GATEWAY_ORG = re.compile(r"proofpoint|mimecast|barracuda|forcepoint|symantec|messagelabs|trend ?micro|sophos|ironport")
RENTED_ORG = re.compile(
    r"amazon|aws|azure|microsoft|google|ovh|hetzner|digitalocean|linode|akamai|vultr|scaleway|oracle|alibaba|hosting"
    r"|data ?cent(?:er|re)|cloud|colo|server|leaseweb|contabo"
)
NO = ("", "0", "false", "no", "none", "null", "n", "f", "off", "never", "-", "nan")
TOO_MANY_SECONDS = 1e11  # of the year 5138; as milliseconds of 1973
