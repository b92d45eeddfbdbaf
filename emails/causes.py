"""Why a server did not take a mail: from its code and its words to a reason, and whether the address is gone for good.

The precedence: an enhanced code that says one thing only (RFC 3463, RFC 5248) · what the server said in words, the
first row of PHRASES that fits · an enhanced code that could mean several things · the three digits of RFC 5321.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from base.translations import msgid

# The reasons. HARD ones are about the address itself: it is not there, and never will be.
HARD = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
REASONS: dict[str, str] = {
    "userunknown": msgid("nobody has this address"),
    "hostunknown": msgid("its domain does not exist"),
    "hasmoved": msgid("whoever had it has moved"),
    "notaccept": msgid("its host takes no mail at all"),
    "suspend": msgid("the mailbox is switched off"),
    "mailboxfull": msgid("the mailbox is full"),
    "filtered": msgid("refused once its text was seen, as if nobody were there"),
    "mesgtoobig": msgid("the mail is too big"),
    "exceedlimit": msgid("the mail is bigger than this mailbox takes"),
    "contenterror": msgid("the mail is not well formed"),
    "notcompliantrfc": msgid("a header is not as RFC 5322 has it"),
    "spamdetected": msgid("taken for spam"),
    "virusdetected": msgid("taken for a virus"),
    "authfailure": msgid("SPF, DKIM or DMARC did not agree"),
    "badreputation": msgid("the sending host has a bad name"),
    "blocked": msgid("the sending host is on a list, or not let in"),
    "requireptr": msgid("the sending host has no reverse DNS"),
    "rejected": msgid("the sender's address was refused"),
    "norelaying": msgid("that host does not relay for this domain"),
    "policyviolation": msgid("a rule of theirs"),
    "securityerror": msgid("they ask for TLS, or for a login"),
    "speeding": msgid("too much mail too fast"),
    "toomanyconn": msgid("too many connections or recipients at once"),
    "greylisted": msgid("come back later"),
    "expired": msgid("given up after days of trying"),
    "networkerror": msgid("no way to their host"),
    "systemfull": msgid("their disk is full"),
    "systemerror": msgid("their server is out of order"),
    "mailererror": msgid("a program of theirs failed"),
    "syntaxerror": msgid("a command was not understood"),
    "delivered": msgid("it arrived"),
    "undefined": msgid("they do not say"),
}

# Enhanced codes that mean one thing (class left out): RFC 3463, and the registry of RFC 5248.
CERTAIN = {
    "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown", "1.6": "hasmoved", "1.7": "rejected",
    "1.8": "rejected", "1.9": "rejected", "2.2": "mailboxfull", "2.3": "exceedlimit", "3.1": "systemfull",
    "3.4": "mesgtoobig", "4.3": "networkerror", "4.6": "networkerror", "6.1": "contenterror", "6.3": "contenterror",
    "6.6": "contenterror", "6.7": "contenterror", "6.9": "contenterror", "7.8": "securityerror",
    "7.10": "securityerror",
    "7.11": "securityerror", "7.13": "suspend", "7.14": "securityerror", "7.17": "hasmoved", "7.18": "hasmoved",
    "7.19": "speeding", "7.20": "authfailure", "7.21": "authfailure", "7.22": "authfailure", "7.23": "authfailure",
    "7.24": "authfailure", "7.25": "requireptr", "7.26": "authfailure", "7.28": "speeding",
}  # fmt: skip

# What these mean when nothing else is said.
LIKELY = {
    "1.0": "userunknown", "1.4": "userunknown", "1.10": "notaccept", "2.1": "suspend", "2.4": "mailererror",
    "3.0": "systemerror", "3.2": "systemerror", "3.3": "systemerror", "3.5": "systemerror", "4.1": "expired",
    "4.2": "networkerror", "4.4": "networkerror", "4.5": "systemfull", "4.7": "expired", "4.8": "expired",
    "5.1": "syntaxerror", "5.2": "syntaxerror", "5.3": "toomanyconn", "5.4": "syntaxerror", "5.5": "systemerror",
    "6.0": "contenterror", "7.0": "policyviolation", "7.1": "rejected", "7.3": "securityerror", "7.4": "securityerror",
    "7.5": "securityerror", "7.7": "contenterror", "7.9": "policyviolation", "7.27": "notaccept",
}  # fmt: skip
_DIGITS = {
    "421": "blocked", "431": "systemfull", "432": "greylisted", "441": "networkerror", "442": "networkerror",
    "446": "networkerror", "447": "expired", "452": "systemfull", "500": "syntaxerror", "501": "syntaxerror",
    "502": "syntaxerror", "503": "syntaxerror", "504": "syntaxerror", "521": "notaccept", "523": "mesgtoobig",
    "530": "securityerror", "535": "securityerror", "538": "securityerror", "552": "mailboxfull", "556": "notaccept",
}  # fmt: skip

# What servers say, the telling before the vague: the first row that fits decides. Addresses and links are out of the
# text by then, and it is in lower case.
PHRASES: tuple[tuple[str, str], ...] = (
    ("greylisted", r"gr[ea]y.?list|unverified (?:recipient )?address|temporarily unable to verify"),
    ("rejected", r"verification failed for|sender verify failed"),
    ("hostunknown", r"(?:account or )?domain may not exist|[a-z0-9-]+\.[a-z]{2,} does not exist"),
    ("rejected", r"\byour (?:e-?mail |mail |sender )?(?:address|domain|host ?name)(?: \w+){0,3} (?:not (?:exist|found"
        r"|be verified)|doesn't exist|unknown)|sender(?:'s)? (?:e-?mail )?(?:address|mailbox"
        r"|domain)? ?(?:is )?unknown"),
    ("policyviolation", r"content presents|\b(?:helo|ehlo) (?:command )?rejected"),
    ("systemerror", r"(?:server|host) does not support"),
    ("rejected", r"(?:to/|\b)from an address"),
    ("toomanyconn", r"too many (?:\w+ )?(?:connections|recipients|sessions|concurrent|simultaneous)|connection rate"),
    ("contenterror", r"(?:duplicate|malformed|invalid|illegal|missing|improper|bare|too (?:many"
        r"|large)) (?:\w+ ){0,2}(?:headers?|mime|boundary|attachment|lf)\b|headers? (?:too|are too|is too) (?:large"
        r"|long|big)|8-?bit data"),
    ("requireptr", r"(?:no|missing|without a?n?|invalid|bad|valid) (?:valid )?(?:\w+ )?(?:ptr|rdns|reverse.?dns)"
        r"|reverse dns (?:failed|lookup|required|entry|name not found)|fix reverse dns|(?:ptr"
        r"|rdns) (?:resource )?record|(?:ip name"
        r"|reverse|hostname) lookup fail|cannot (?:find|resolve) your (?:reverse )?(?:host|ip)"
        r"|unverif\w+ sending ips?"),
    ("norelaying", r"relay(?:ing)? (?:access )?(?:denied|prohibited|not (?:allowed|permitted)|forbidden)"
        r"|unable to relay|not (?:configured|allowed|permitted) to relay|does not relay|won't relay|(?:address"
        r"|identit\w+|email) (?:is )?not verified|rcpthosts|we do not relay"),
    ("authfailure", r"\b(?:spf|dkim|dmarc)\b|unauthenticated (?:e?mail|message)"
        r"|does not have authentication information|sender (?:id|policy framework)\b"
        r"|not allowed to send (?:mail )?from"),
    ("virusdetected", r"\bvirus|infected|malware|malicious (?:attach|content|software)"),
    ("badreputation", r"\breputation\b|senderscore|sender ?base"),
    ("speeding", r"at a rate that|(?:rate|sending) limit|unexpected(?:ly high)? (?:volume|rate)|sent too (?:many"
        r"|much)|too many (?:mails|messages)|max(?:imum)? (?:e?mails|messages) per|try again (?:more )?slow|throttl"
        r"|quota of (?:mails|messages)"),
    ("blocked", r"\b(?:black|block|deny).?list|\bdns?bl\b|\brbls?\b|spamhaus|spamcop|barracuda|sorbs|proofpoint"
        r"|client host (?:rejected|blocked)|(?:host|ip|server|connection|address)[\w .\[\]]{0,40} (?:is |was "
        r"|has been )?(?:block|banned|listed|blacklisted)|\bblocked (?:by|for|due|using|because)"
        r"|^(?:\d{3}[ -])*blocked|smtp server of your isp|connections? not accepted|refused to talk"
        r"|not accepting connections|relay quota|no longer (?:allowed|permitted) to|bl\)|[(:] ?blocked\)"
        r"|(?:your )?(?:ip|host|domain) (?:address )?(?:is )?(?:not (?:allowed|welcome|authori[sz]ed))"),
    ("spamdetected", r"\bspam\b|\bspammy|junk ?mail|unsolicited|bulk mail|message content rejected"
        r"|content (?:was )?rejected|(?:looks|appears) (?:like|to be) (?:spam|bulk)|uribl|surbl"),
    ("mesgtoobig", r"(?:message|mail|letter|size|line)s?(?: \w+){0,3} (?:is )?(?:too (?:big|large|long)|exceed)"
        r"|exceed\w*(?: \w+){0,4} (?:message|maximum|line|size)|too (?:big|large) (?:message|mail)|line limit"),
    ("notcompliantrfc", r"not (?:rfc|compliant)|(?<!/)\brfc ?-?(?:2?82[12]|532[12])\b(?!;)"
        r"|multiple addresses in from|addresses in from"),
    ("mailboxfull", r"(?:mail ?box|inbox|mailfolder|maildir|account|folder)s?(?: \w+){0,6} (?:is |are |has )?(?:full"
        r"|exceed|over)|\b(?:over|exceed\w*|out of|beyond)(?: \w+){0,3} (?:disk )?(?:quota|storage)|(?:quota"
        r"|storage)(?: \w+){0,4} (?:exceed|full|reached|is over)|quota violation|full mail ?box"
        r"|insufficient (?:user )?(?:quota|storage)|bo[iî]te(?: \w+){0,6} pleine|quota d[ée]pass"
        r"|d[ée]pass[ée]\w* (?:son|le|du) quota|size of mailbox"
        r"|post(?:fach|eingang)(?: \w+){0,4} (?:[üu]e?ber)?(?:voll|f[üu]e?llt)|buz[oó]n(?: \w+){0,6} llen[oa]"
        r"|casella(?: \w+){0,6} piena|(?:mailbox|postvak)(?: \w+){0,4} vol\b|caixa(?: \w+){0,6} cheia|przepe[łl]nion"
        r"|переполнен|一杯|已满"),
    ("systemfull", r"(?:insufficient|out of|no|not enough) (?:system |disk )?(?:disk )?(?:space|storage|resources)"),
    ("suspend", r"(?:account|mail ?box|user|recipient|address|domain)(?: \w+){0,4} (?:suspend|disabled|inactive"
        r"|frozen|deactivated|locked|expired|dormant|discontinued|not active)|(?:disabled|inactive|suspended|frozen"
        r"|locked) (?:\w+ ){0,2}(?:account|mail ?box|user|recipient|address)|(?:compte|bo[iî]te|adresse)"
        r"(?: \w+){0,6} (?:d[ée]sactiv|suspend|ferm[ée]|cl[ôo]tur)"
        r"|(?:postfach|konto|adresse)(?: \w+){0,4} (?:gesperrt|deaktiviert|stillgelegt)"),
    ("rejected", r"sender(?:'s)?(?: \w+){0,3} (?:reject|denied|refused|invalid|not (?:exist|allowed|accepted|found))"
        r"|(?:bad|invalid|unroutable|illegal|unknown) (?:sender|from)|domain of sender|from: ?domain|valid from"
        r"|envelope sender|domain is invalid|sender verif"),
    ("securityerror", r"\b(?:start)?tls\b|authentication (?:is )?required|must (?:\w+ )?authenticate"
        r"|unauthenticated sender|encryption (?:is )?(?:required|needed)|relogin|\bauth(?:entication)? failed"),
    ("hasmoved", r"(?:user|recipient|account|mailbox|person|employee)(?: \w+){0,5} (?:has )?(?<!being )(?:moved|left"
        r"|changed)"
        r"|no longer (?:on|at|with|works?|employed|here|in service)|has (?:been )?replaced by|n'est plus (?:chez"
        r"|valide)"),
    ("notaccept", r"not accept (?:any )?(?:e?mail|smtp)(?! (?:from|until)\b)|null mx|accepts no mail"
        r"|no mail is accepted"),
    ("networkerror", r"not found, try again|host ?name lookup fail|temporary (?:lookup|dns|name)"
        r"|malformed (?:or unexpected )?name|dns query failed|name server (?:timeout|failure)|lost connection"
        r"|network (?:is )?unreach|no route to|(?:mail )?loop|too many hops|hop count|lookup failure"
        r"|connection (?:reset|dropped|lost|closed)|connection to (?:\w+ ){1,5}failed|(?:unable|failed) to connect"
        r"|(?:could|can) ?n[o'’]t connect|unable to establish"),
    ("hostunknown", r"(?:host|domain)(?: or domain)?(?: name)? (?:not found|unknown|unrecogni[sz]ed)|unknown (?:host"
        r"|domain)|no such (?:host|domain)|(?:domain|host)(?: \w+){0,2} (?:does not|doesn't|may not"
        r"|could not be) (?:exist|found)|nxdomain|unrouteable (?:mail )?domain|can'?t find host"
        r"|couldn't find any host|no mx|domaine inexistant"),
    ("expired", r"retry (?:time ?out|time not)|timed? ?out|all hosts? (?:have|has) been failing"
        r"|could not be delivered (?:for|within)|(?:message|delivery|queue) (?:\w+ )?expired|gave up|giving up(?! on\b)"
        r"|did not accept our requests to connect|over \d+ (?:hours|days)|too old|still (?:be )?undelivered"
        r"|cannot send message (?:for|within)"),
    ("systemerror", r"\b(?:re)?try(?: again)? later"),
    ("userunknown", r"(?:user|recipient|mail ?box|account|alias|address|name|customer|local.?part|destinataire"
        r"|subscriber|inbox)(?:'s|e?s)?(?: (?!temporarily)\w+){0,4}? (?:(?:is |was |are |were )?(?:unknown"
        r"|not (?:\w+ )?(?:found|known"
        r"|exist\w*|valid|here|listed|available|recogni[sz]ed)|invalid|unavailable|unrecogni[sz]ed|couldn't be found"
        r"|wasn.t found|inconnue?|invalide)|(?:does|do|did|could|can|will|may|has) ?n[o'’]t (?:\w+ )?(?:exist|have"
        r"|be found|been found|match))|(?:unknown|invalid|illegal|non.?existent|no such|bad|unroute?able"
        r"|undeliverable) (?:or (?:unknown|illegal|invalid) )?(?:\w+ )?(?:user|recipient|mail ?box|account|alias"
        r"|address|name|person|customer|subscriber|destination)"
        r"|recip(?:ient)?not ?found|no (?:mailbox|account|user) (?:here )?(?:by|with|of|for) "
        r"|user ?(?:doesn|does)|not (?:a |our )(?:valid |known |local )?(?:user|customer|mailbox|recipient)"
        r"|(?:adresse|utilisateur|bo[iî]te|compte|destinataire)(?: \w+){0,3} (?:inconnue?|invalide|inexistante?"
        r"|n'existe)|unbekannte?r? (?:empf|benutzer|nutzer|adress)|(?:empf(?:[äa]|ae)nger"
        r"|benutzer)\w*(?: \w+)? (?:unbekannt"
        r"|existiert)|existiert nicht|(?:usuario|buz[oó]n|destinatario|cuenta|utente"
        r"|casella)(?: \w+){0,3} (?:no existe|desconocid|inexistente|sconosciut|non esiste)|gibt es nicht"
        r"|(?:empf(?:[äa]|ae)nger\w*|adresse)(?: \w+){0,6} nicht (?:gefunden|vorhanden|bekannt)"
        r"|(?:adresse|destinataire)(?: \w+){0,3} introuvable|no se encontr[óo]"
        r"|(?:destinat[áa]rio|usu[áa]rio|conta)(?: \w+){0,2} (?:n[ãa]o existe|inexistente|desconhecid)"
        r"|(?:ontvanger|adres|gebruiker)(?: \w+){0,3} (?:onbekend|bestaat niet|niet gevonden)"
        r"|(?:address|account|mailbox) no longer (?:accepts|exists)|n'est pas r[ée]pertori[ée]"
        r"|nie istnieje|nie ma takiego u[żz]ytkownika|не (?:существует|найден)|存在しません|見つかりません|不存在"
        r"|user unknown|unknown user|mailbox unavailable"),
    ("policyviolation", r"polic(?:y|ies)|protocol violation|not allowed|header error|prohibited|administrative"
        r"|denied by|potential(?:ly)? (?:security|danger)"),
    ("userunknown", r"recipient (?:address )?(?:was )?rejected|address rejected"),
    ("rejected", r"access (?:was )?denied|permission denied"),
    ("mailererror", r"procmail|maildrop|unknown mailer|mailer error|pipe to|command died|failed to read"
        r"|local delivery|lock fail"),
    ("syntaxerror", r"syntax|not implemented|unrecogni[sz]ed command|command not|malformed address|parameter"),
    ("blocked", r"^(?:\d{3}[ -])*(?:\d\.\d\.\d )?rejected|connection refused|service (?:is )?(?:un|not )available"
        r"|too many errors|access denied\.\.\."),
    ("systemerror", r"system (?:config|error|not)|could not load|transaction failed|internal (?:server )?error"
        r"|queue file|write error|server (?:error|busy)|out of (?:memory|order)|insufficient permission"
        r"|local (?:error|problem)|temporar(?:y|ily) (?:failure|error|unavailable|deferred|rejected)"
        r"|configuration error"),
)  # fmt: skip
_PHRASES = tuple((reason, re.compile(pattern)) for reason, pattern in PHRASES)

# A server that took the address and speaks so only once it has read the letter filters; it does not know its people.
_SAID_BY_FILTERS = re.compile(r"user unknown|unknown user")
_ABOUT_US = frozenset({"CONN", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL"})  # stages before any address was named
_PERSONAL = HARD | {"rejected", "filtered"}  # what can then be said of the sender alone, or of its host

_ADDRESSES = re.compile(r"<[^<>\s]{0,320}>|[\w.+=/~-]{1,128}@[\w.\[\]-]{1,255}")
_ACCEPTED = re.compile(
    r"^.{0,12}(?<![\d.])[23]\d\d[ -].*$", re.MULTILINE
)  # what a server agreed to, in the transcript of a session
_EMPTIED = re.compile(r"\([ \t]*\)|'[ \t]*'|\"[ \t]*\"")  # what stood around an address
# Cisco's gateways put it before any refusal whatever that the next server gave to an address.
_WRAPPING = re.compile(r"unknown address error (?=[45]\d\d-')")
_LINKS = re.compile(r"https?://\S+|www\.\S+")
_ENHANCED = re.compile(r"(?<![\d.\[])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(
    r"(?:^|[:;(<'\"]|<<<|->|=|said|was|is)[ \t]*(?:[45]\d\d[ -])?([45]\d\d)(?:[ -]|$)(?:[45]\d\d[ -])?"
    r"#?(?:([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d))?",
    re.MULTILINE,
)
_STAGES = (
    ("DATA", r"(?:in reply to|after) (?:the )?(?:end of )?data\b|after pipelined (?:end of )?data"),
    ("RCPT", r"(?:in reply to|after|to) (?:pipelined )?rcpt\b"),
    ("MAIL", r"(?:in reply to|after) (?:pipelined )?mail\b"),
    ("EHLO", r"(?:in reply to|after|performing the) (?:e?helo|lhlo)\b"),
    ("CONN", r"after initial connection|refused to talk|while connecting|initial server greeting"),
)
_COMPILED_STAGES = tuple((stage, re.compile(pattern)) for stage, pattern in _STAGES)
_TRANSCRIPT = re.compile(r"^[> ]{0,4}(>>>|<<<) ?([A-Za-z]{4}|\d{3})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, as far as a text tells: three digits, enhanced code; '' where there is none."""

    digits: str = ""
    enhanced: str = ""


def reply_in(text: str) -> Reply:
    """The first refusal in `text`, one with an enhanced code before one without."""
    replies = [Reply(found[1], ".".join(found.group(2, 3, 4)) if found[2] else "") for found in _REPLY.finditer(text)]
    with_code = next((reply for reply in replies if reply.enhanced), None)
    if with_code is not None:
        return with_code
    bare = _ENHANCED.search(text)
    return Reply(replies[0].digits if replies else "", ".".join(bare.groups()) if bare else "")


def refuses(text: str) -> bool:
    """Whether a server's whole refusal stands in it. Three digits alone may be a telephone number, `5.1.27` a day."""
    return any(found[2] for found in _REPLY.finditer(text))


def stage_in(text: str) -> str:
    """The command that the server refused (MAIL, RCPT, DATA, …; CONN before any); '' when that is not told."""
    lowered = text.lower()
    found = next((stage for stage, pattern in _COMPILED_STAGES if pattern.search(lowered)), "")
    return found or _stage_of_transcript(text)


def _stage_of_transcript(text: str) -> str:
    """Sendmail's own way: `>>> COMMAND` is followed by `<<< answer`."""
    asked = ""
    for direction, word in _TRANSCRIPT.findall(text):
        if direction == ">>>":
            asked = word.upper()
        elif word[0] in "45":
            return asked
    return ""


def cause(status: str, words: str, stage: str = "") -> str:
    """The reason (a key of REASONS) for an enhanced code and the server's own words."""
    bare = _EMPTIED.sub(" ", _LINKS.sub(" ", _ADDRESSES.sub(" ", _ACCEPTED.sub("", words)))).lower()
    said = _WRAPPING.sub("", bare)
    topic = status.partition(".")[2]
    certain = CERTAIN.get(topic, "")
    if status.startswith("4") and certain in HARD:  # of an address that it has not looked up yet a server says so too
        certain = _worded(said) or certain
    elif certain in HARD and _worded(said) == "mailboxfull":  # a mailbox that is full is there
        certain = "mailboxfull"
    reason = certain or _worded(said) or LIKELY.get(topic) or _DIGITS.get(reply_in(words).digits, "undefined")
    if stage in _ABOUT_US and reason in _PERSONAL:
        return "rejected" if stage == "MAIL" else "blocked"
    if reason not in HARD:
        return reason
    return "filtered" if stage == "DATA" and topic not in CERTAIN and _SAID_BY_FILTERS.search(said) else reason


def _worded(said: str) -> str:
    lines = " ".join(said.split())
    return next((reason for reason, pattern in _PHRASES if pattern.search(lines)), "")


def worst(reasons: Iterable[str]) -> str:
    """The one that matters most among several: a hard one, else the first that says anything."""
    known = [reason for reason in reasons if reason != "undefined"]
    return next((reason for reason in known if reason in HARD), known[0] if known else "undefined")
