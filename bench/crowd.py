"""A house with as many leads as one likes and ten events for each, straight through the driver.

Names repeat as they do among people; stages, scores, sources and owners are spread over all leads, of however many.
"""

import sqlite3
from datetime import timedelta

from bench.scene import CHUNK, SEQUENCE, START, STEP, Scene
from leads.words import words_of

EVENTS = 10  # for each lead
DAYS = 90
REPS = ("nadia", "karim")
FIRST = [begin + end for begin in ("Ad", "Cél", "Mar", "Jo", "Él", "Tho", "Ros", "Vic", "Sal", "Ben") for end in (
    "a", "ia", "ine", "an", "éa", "mas", "alie", "tor", "omé", "oît", "ette", "on", "eline", "ric", "iane", "ie",
)]  # fmt: skip
LAST = [a + b + c for a in ("Mor", "Kell", "Lef", "Dur", "Pré", "Fon", "Cha", "Bel", "Rou", "Gar", "Vil", "Tis", "Ban")
        for b in ("e", "a", "i", "o", "ai", "eau", "ou") for c in ("au", "er", "vre", "and", "ert", "tin", "sse", "net",
        "lier", "mond", "rin", "val", "con", "dal", "bois", "champ", "mare", "vel")]  # fmt: skip
TRADES = ("Atelier", "Agence", "Studio", "Cabinet", "Menuiseries", "Maison", "Agencements", "Décors")
DOMAINS = ("courriel.example", "messagerie.example", "poste.example")

# What is made of lead `n`, in SQL: two numbers between 0 and 999 that look drawn, and an instant in the last 90 days.
DRAWN = """
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :leads),
drawn AS (
  SELECT n, (n * 2654435761 >> 8) % 1000 AS a, (n * 40503 + (n * 2654435761 >> 16)) % 1000 AS b,
    :end - 86400 - (n * 7919) % (86400 * :days) AS epoch
  FROM number
),
lead AS (SELECT *, datetime(epoch, 'unixepoch') || '.000000' AS at FROM drawn)
"""
STAGE = """CASE WHEN a < 60 THEN 'contact' WHEN a < 860 THEN 'iql' WHEN a < 885 THEN 'mql' WHEN a < 895 THEN 'sql'
 WHEN a < 900 THEN 'opportunity' WHEN a < 910 THEN 'customer' WHEN a < 955 THEN 'disqualified' ELSE 'recycled' END"""
SCORE = """CASE WHEN b < 20 THEN 80000 + n % 60000 WHEN b < 120 THEN 30000 + n % 50000 ELSE n % 30000 END"""
SOURCE = """CASE WHEN b % 100 < 40 THEN 'organic' WHEN b % 100 < 65 THEN 'paid' WHEN b % 100 < 80 THEN 'social'
 WHEN b % 100 < 92 THEN 'direct' WHEN b % 100 < 99 THEN 'referral' ELSE 'partner' END"""
OWNER = f"CASE WHEN a < 860 THEN NULL WHEN n % 2 THEN '{REPS[0]}' ELSE '{REPS[1]}' END"
INSIDE = "(a + b) % 10 < 3"  # of a sequence
HEAT = "CASE WHEN b < 20 THEN 'hot' WHEN b < 120 THEN 'warm' ELSE 'cold' END"

# What each lead did, one row an event: (number, name, evidence, subject, data).
STORY = (
    (1, "form_submitted", "human", "guide-3d", '{"page": "guide-3d", "interests": ["cao/3d"]}'),
    (2, "consent_granted", "human", SEQUENCE, "{}"),
    (3, "page_seen", "human", "guide-3d", '{"interests": ["cao/3d"]}'),
    (4, "mail.sent", "engine", f"{SEQUENCE}/niveaux", '{"message_id": 1}'),
    (5, "link_clicked", "pending", f"{SEQUENCE}/niveaux", '{"hit": "x", "interests": ["cao/3d"]}'),
    (6, "hit_confirmed", "human", f"{SEQUENCE}/niveaux", '{"of": "link_clicked", "hit": "x"}'),
    (7, "asset_downloaded", "human", "guide-3d", '{"interests": ["cao/3d"]}'),
    (8, "mail.sent", "engine", f"{SEQUENCE}/variantes", '{"message_id": 2}'),
    (9, "page_seen", "human", "demo", "{}"),
    (10, "mail.sent", "engine", f"{SEQUENCE}/variantes", '{"message_id": 3}'),
)
EACH = (
    """INSERT INTO leads (id, status, email, phone, first_name, last_name, company, job_title, fields, tags, locale,
     origin, source, first_touch, owner, created_at) {drawn}
     SELECT n, 'lead', email, CASE WHEN n % 3 = 0 THEN printf('+336%08d', n) END, first_name, last_name, company,
     'Architecte', '{{"profession": "interior"}}', '[]', 'fr', 'inbound', {source}, '{{}}', {owner}, at
     FROM lead JOIN temp.named USING (n)""",
    """INSERT INTO lead_words (word, lead_id) SELECT word, lead_id FROM temp.found_by ORDER BY 1, 2""",
    """INSERT INTO wakes (lead_id, seq, folded_seq, due_at) {drawn}
     SELECT n, :events, :events, :far FROM lead""",
    """INSERT INTO standings (lead_id, stage, stage_since, cycle, engagement, fit, temperature, interests, segments,
     buckets, verdict_seq, human_seq, as_of, owner, source, release_id) {drawn}
     SELECT n, {stage}, at, 1, {score}, (a % 5) * 10000, {heat}, '{{"cao/3d": 20000, "rendu/lumiere": 5000}}',
     CASE WHEN n % 10 < 3 THEN '["interesses-cao"]' WHEN n % 10 < 5 THEN '["sur-plans"]' ELSE '[]' END,
     '{{"demande": {{"' || substr(at, 1, 10) || '": 15000}}, "clic": {{"' || substr(at, 1, 10) || '": 25000}}}}',
     0, 9, at, {owner}, {source}, 1 FROM lead""",
    """INSERT INTO lead_segments (segment, lead_id) {drawn} SELECT 'interesses-cao', n FROM lead WHERE n % 10 < 3""",
    """INSERT INTO lead_segments (segment, lead_id) {drawn}
     SELECT 'sur-plans', n FROM lead WHERE n % 10 BETWEEN 3 AND 4""",
    """INSERT INTO events (lead_id, seq, name, at, recorded_at, evidence, subject, data) {drawn}
     SELECT n, seq, name, at, at, evidence, subject, data FROM lead CROSS JOIN temp.story ORDER BY n, seq""",
    """INSERT INTO submissions (id, lead_id, event_seq, form, page, locale, answers, touch, release_id, idempotency_key,
     at, recorded_at) {drawn}
     SELECT n, n, 1, 'guide-3d', 'guide-3d', 'fr', '{{"profession": "interior", "team": "2-5"}}', '{{}}', 1,
     printf('%032d', n), at, at FROM lead""",
    """INSERT INTO consents (lead_id, topic, state, wording, wording_hash, locale, proof, at, recorded_at) {drawn}
     SELECT n, :sequence, 'granted', 'oui', 'x', 'fr', '{{}}', at, at FROM lead""",
    """INSERT INTO stage_changes (lead_id, from_stage, to_stage, reason, event_seq, cycle, at, release_id) {drawn}
     SELECT n, 'contact', {stage}, 'enter: demande', 1, 1, at, 1 FROM lead WHERE a >= 60""",
    """INSERT INTO enrolments (id, lead_id, sequence, sequence_version, entry_key, state, step, occurrence, position,
     due_at, anchor_at, waiting_since, waiting_zone, entered_at, entry_seq, ended_at, release_id) {drawn}
     SELECT n, n, :sequence, :version, '', CASE WHEN {inside} THEN 'active' ELSE 'completed' END,
     CASE WHEN {inside} THEN :step END, 0, 'waiting', CASE WHEN {inside} THEN :far END, at, at, 'Europe/Paris', at, 2,
     CASE WHEN NOT {inside} THEN at END, 1 FROM lead""",
    """INSERT INTO messages (id, lead_id, klass, enrolment_id, sequence, step, occurrence, topic, email, locale, token,
     state, due_at, attempts, sent_at, ended_at, release_id, created_at) {drawn}
     SELECT n, n, 'marketing', n, :sequence, 'niveaux', 0, :sequence, :sequence || '/niveaux', 'fr',
     printf('%022d', n), CASE WHEN n % 500 THEN 'sent' ELSE 'failed' END, at, 1, at, at, 1, at FROM lead""",
    """INSERT INTO hand_offs (lead_id, cycle, stage, owner, token, brief, opened_at, answer_by, verdict, verdict_by,
     verdict_at, event_seq, release_id) {drawn}
     SELECT n, 1, 'mql', CASE WHEN n % 2 THEN 'nadia' ELSE 'karim' END, printf('h%021d', n), '{{}}', at, at,
     CASE WHEN a >= 866 THEN 'accepted' END, CASE WHEN a >= 866 THEN 'nadia' END, CASE WHEN a >= 866 THEN at END,
     9, 1 FROM lead WHERE a BETWEEN 860 AND 909""",
    """INSERT INTO tasks (lead_id, owner, title, due_at, done_at, created_by, at) {drawn}
     SELECT n, 'nadia', 'Rappeler', at, CASE WHEN b % 4 = 0 THEN at END, 'Nadia', at FROM lead WHERE a >= 980""",
    """INSERT INTO notes (lead_id, author, text, at) {drawn}
     SELECT n, 'Nadia', 'Veut voir la maquette.', at FROM lead WHERE a >= 990""",
    """INSERT INTO occupancy (sequence, version, step, position, n)
     SELECT sequence, sequence_version, step, position, count(*) FROM enrolments WHERE state = 'active'
     GROUP BY 1, 2, 3, 4""",
    """INSERT INTO tallies (name, day, subject, source, n)
     SELECT story.name, substr(leads.created_at, 1, 10), subject, '', count(*) FROM leads CROSS JOIN temp.story
     WHERE story.evidence <> 'pending' AND story.seq NOT IN (1, 2, 8, 9) GROUP BY 1, 2, 3""",
    """INSERT INTO tallies (name, day, subject, source, n)
     SELECT told.column1, substr(created_at, 1, 10), told.column2, source, count(*) FROM leads,
     (VALUES ('lead.known', ''), ('form_submitted', 'guide-3d'), ('page.submitted', 'guide-3d'),
     ('stage.reached', 'iql')) AS told GROUP BY 1, 2, 3, 4""",
    """INSERT INTO tallies (name, day, subject, source, n)
     SELECT 'verdict_given', substr(verdict_at, 1, 10), verdict, source, count(*) FROM hand_offs
     JOIN leads ON leads.id = lead_id WHERE verdict IS NOT NULL GROUP BY 1, 2, 3, 4""",
    """INSERT INTO page_views (page, day, views)
     SELECT 'guide-3d', substr(created_at, 1, 10), 9 * count(*) FROM leads GROUP BY 2""",
)


def fill(scene: Scene, leads: int) -> None:
    """Put `leads` leads with EVENTS events each into the scene; a million takes some minutes."""
    conn = sqlite3.connect(scene.path, isolation_level=None)
    for setting in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
        conn.execute(f"PRAGMA {setting}")
    indexes = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        conn.execute(f"DROP INDEX {name}")
    _name(conn, leads)
    _tell(conn, scene, leads)
    for _, statement in indexes:  # sorted once: much faster than kept on the way
        _do(conn, statement)
    _do(conn, "ANALYZE")
    conn.close()


def name_of(number: int) -> dict[str, str | None]:
    """What lead `number` is called: the first names of the list are commoner than the last."""
    first = FIRST[_drawn(number, len(FIRST), 11)]
    last = LAST[_drawn(number, len(LAST), 23)]
    company = f"{TRADES[number % len(TRADES)]} {LAST[number * 31 % len(LAST)]}-{FIRST[number * 17 % len(FIRST)]}"
    domain = DOMAINS[number % 3] if number % 2 else f"{company.split()[-1].lower()}{number % 5000}.example"
    email = f"{first}.{last}{number}@{domain}".lower()
    return {"email": email, "first_name": first, "last_name": last, "company": company}


def _drawn(number: int, many: int, salt: int) -> int:
    """A place among `many`, the first ones more often."""
    share = (number * 2_654_435_761 * salt % 2**32) / 2**32
    return int(many * share * share)


def _name(conn: sqlite3.Connection, leads: int) -> None:
    conn.execute("CREATE TEMP TABLE named (n INTEGER PRIMARY KEY, email, first_name, last_name, company)")
    conn.execute("CREATE TEMP TABLE found_by (word, lead_id)")
    for first in range(1, leads + 1, CHUNK):
        named = [(number, name_of(number)) for number in range(first, min(first + CHUNK, leads + 1))]
        conn.execute("BEGIN")
        conn.executemany("INSERT INTO temp.named VALUES (?, ?, ?, ?, ?)", ((n, *who.values()) for n, who in named))
        words = ((word, n) for n, who in named for word in words_of(who))
        conn.executemany("INSERT INTO temp.found_by VALUES (?, ?)", words)
        conn.execute("COMMIT")


def _tell(conn: sqlite3.Connection, scene: Scene, leads: int) -> None:
    conn.execute("CREATE TEMP TABLE story (seq, name, evidence, subject, data)")
    conn.executemany("INSERT INTO temp.story VALUES (?, ?, ?, ?, ?)", STORY)
    values = {
        "leads": leads,
        "events": EVENTS,
        "days": DAYS,
        "end": int(START.timestamp()),
        "far": (START + timedelta(days=300)).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "sequence": SEQUENCE,
        "step": STEP,
        "version": scene.releases.in_force().versions[SEQUENCE],
    }
    parts = {"drawn": DRAWN, "stage": STAGE, "score": SCORE, "source": SOURCE, "owner": OWNER, "heat": HEAT}
    parts["inside"] = f"({INSIDE})"
    for statement in EACH:
        _do(conn, statement.format(**parts), values)


def _do(conn: sqlite3.Connection, statement: str, values: dict[str, object] | None = None) -> None:
    """One statement, moved into the database at once: reading through a long log would cost more than writing it."""
    conn.execute(statement, values or {})
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
