"""A machine answers: that somebody is away, that it has the mail, that it was read.

Pure: no database, no clock, no network.
"""

import re

from emails.received import Received
from emails.refusals import notice_of

ANSWERS = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|sv|antw|rép|ref|rif|res|odp|vs)\s*(?:\[\d+\]|\.)?\s*:", re.IGNORECASE
)
PASSES_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv)\s*:", re.IGNORECASE)

# What a subject says of a machine's answer: wherever it stands with no word after it, since people speak of automatic
# answers; or wherever it stands.
_AWAY = re.compile(
    r"(?:auto(?:matic)?.?(?:reply|response|answer|responder)|r[ée]ponse automatique|automatische antwort"
    r"|respuesta autom[áa]tica"
    r"|risposta automatica|automatisch antwoord|resposta autom[áa]tica|automatiskt svar|автоматический ответ"
    r"|odpowied[źz] automatyczna|automatisk svar|autosvar|automatick[áa] odpov[ěe][ďd]|automatikus v[áa]lasz"
    r"|r[ăa]spuns automat|otomatik yan[ıi]t|αυτόματη απάντηση|자동 (?:회신|응답))(?!\s*\w)"
    r"|out.?of.?(?:the.?)?office|away from (?:the|my) (?:office|desk|mail)|vacation (?:reply|response|message)"
    r"|hors du bureau|abwesenheit(?:s?(?:notiz|nachricht|meldung|mitteilung|agent|assistent|benachrichtigung))?(?!\w)"
    r"|nicht im (?:b[üu]ro|haus)"
    r"|fuera de (?:la )?oficina|fuori (?:sede|ufficio)|afwezigheid(?:s(?:bericht|melding))?(?!\w)"
    r"|fora do escrit[óo]rio|automaattinen"
    r"|自動(?:返信|応答)|不在(?:通知|の|です|にして|(?!\w))"
    r"|自动(?:回复|答复)|автоответ|вне офиса|poza biurem"
    r"|^(?:\[[^\]]{1,40}\])?[\W_]*auto:"
)
# Only where it begins so, and its text asks nothing: people speak of holidays and of car insurance too.
_BEGINS_AWAY = re.compile(
    r"(?:\[[^\]]{1,40}\])?[\W_]*(?:absen(?:ce|t)|(?:je suis )?en cong[ée]|ooo(?:\s*[:(–-]|$)"
    r"|(?:(?:i am|i['’]m) )?on (?:(?:annual|parental|maternity|sick) )?(?:vacation|holidays?|leave)\b"
    r"|(?:i am|i['’]m) away"
    r"|abwesend|im urlaub|assente|(?:ik ben )?afwezig|vacation\b|cong[ée]s\b)"
)
# Subjects that people may have as well: they count only where the text begins as a notice does.
_AS_IF_AWAY = re.compile(
    r"(?:\[[^\]]{1,40}\])?[\W_]*(?:(?:message|e-?mail|courriel|notification|avis) (?:automatique|d['’]absence)"
    r"|automat(?:ic|ed) (?:message|e-?mail|notification)|absence (?:notice|message|notification))\b"
)
_TELLS_AWAY = re.compile(
    r"\W*(?:(?:hello|hi|dear|good (?:morning|afternoon|day)|bonjour|madame|monsieur|chère?s?)\b[^\n.]{0,60}[\n,.!]\s*)?"
    r"(?:(?:thank you|thanks|merci)\b[^\n.!]{0,120}[\n.!]\s*)?"
    r"(?:(?:i am|i['’]m|i will be|i['’]ll be) (?:currently |presently )?"
    r"(?:out of (?:the )?office|away\b|absent\b|on (?:annual |parental |sick )?(?:leave|vacation|holidays?)\b)"
    r"|je (?:suis|serai) (?:actuellement )?"
    r"(?:absente?\b|indisponible\b|en (?:congés?|vacances|déplacement)\b|hors du bureau)"
    r"|this is an automat|ceci est (?:un|une) (?:message|réponse|courriel|e-?mail) automatique)"
)
_ASKS = re.compile(r"\?(?!\S)")  # an address has one as well, with what it asks for behind it
_HEADER = re.compile(r"x-(?:mail-)?auto-?(?:reply|respon(?:d|der|se))(?:-from)?|x-vacation")
_RECEIPT = re.compile(
    r"(?:not )?read ?:|(?:non )?lu ?:|(?:un)?gelesen ?:|(?:no )?le[íi]do ?:|(?:non )?letto ?:|(?:n[ãa]o )?lid[oa] ?:"
)
# What a mail server says that was asked to tell of success, where the report was lost.
_ARRIVED = re.compile(r"\bsuccess|return receipt")
_WAS_DELIVERED = re.compile(r"success\w* (?:deliver|relay)")
# How the notice begins that a reader's program sends, and what it says: of a mail of ours, not of what it offers.
_WAS_READ = re.compile(
    r"\W*(?:(?:your|this|the|votre|ce|le|ihre|eine|su|el|tu|il|(?:o )?seu|uw|je) (?:e?-?mail|mess?ag\w*|courriel"
    r"|nachricht|mensa[jg]\w*|bericht)\b|this is a (?:return )?receipt|ceci est un accus[ée])"
    r"(?s:.{0,600}?)\b(?:read|deleted|receipt|displayed|lue?|supprim[ée]e?|accus[ée]|affich[ée]e?|gelesen|gel[öo]scht"
    r"|le[íi]d[oa]|le[yi][óo]|eliminad[oa]|lett[oa]|eliminat[oa]|lid[oa]|verwijderd)\b"
)


def is_automatic(mail: Received) -> bool:
    """RFC 3834, and what programs wrote before it; else a subject that says so in one of their languages."""
    declared = mail.first("auto-submitted").lower().split(";")[0].strip()
    if declared and not declared.startswith("no"):
        return True
    if any(_HEADER.fullmatch(name) for name in mail.headers):
        return True
    if "auto_reply" in mail.first("precedence").lower() or "autoreply" in mail.first("x-precedence").lower():
        return True
    if mail.first("x-auto-response-suppress") and "<>" in mail.first("return-path"):
        return True
    return says_away(mail) or _tells_of_an_absence(mail)


def says_away(mail: Received) -> bool:
    """By its subject; behind a mark of people stands what the mail is called that they answer or pass on."""
    subject = mail.first("subject").lower()
    if ANSWERS.match(subject) is not None or PASSES_ON.match(subject) is not None:
        return False
    return _AWAY.search(subject) is not None or (_BEGINS_AWAY.match(subject) is not None and not _asks(mail))


def _tells_of_an_absence(mail: Received) -> bool:
    """By its subject and how its text begins, together; whoever asks something is a person."""
    if _AS_IF_AWAY.match(mail.first("subject").lower()) is None:
        return False
    return _TELLS_AWAY.match(notice_of(mail).lower()) is not None and not _asks(mail)


def _asks(mail: Received) -> bool:
    return _ASKS.search(notice_of(mail)) is not None


def is_receipt(mail: Received) -> bool:
    """A disposition notification (RFC 8098): it was read, or thrown away. Some lose their report on the way.

    People begin a subject so as well: without a report it must call itself automatic, or say nothing else.
    """
    if any(
        part.kind in ("message/disposition-notification", "message/global-disposition-notification")
        for part in mail.parts
    ):
        return True
    words = notice_of(mail).strip().lower()
    if "<>" in mail.first("return-path") and _ARRIVED.search(mail.first("subject").lower()) is not None:
        return _WAS_DELIVERED.search(words) is not None
    if _RECEIPT.match(mail.first("subject").lower()) is None:
        return False
    return not words or _WAS_READ.match(words) is not None or is_automatic(mail)
