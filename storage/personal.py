"""Which column of which table says something about somebody: the one place that rights to data are driven by.

A table or column that is missing here fails a test, so that nothing is ever stored that no export gives and no erasure
takes away. Pure: what is done with it is left to `reports.personal` and `leads.erasing`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Table, select

from storage.schema import metadata

Kind = Literal["personal", "figure", "staff", "secret", "working"]
Rest = Literal["blank", "gone", "stays"]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one table holds. Columns are named in one text each, for the eye.

    `lead`: the column that leads to the lead, by `through` where it is not a lead's number; "" = about nobody.
    `personal`: said by or about the lead; given out, and gone after an erasure. `figure`: what happened and when, given
    out too; it says nothing of who. `staff`: of those who work here. `secret`: opens something, or would tell it.
    `working`: how the house does its work. `rest`: what anonymising leaves of a row.
    """

    lead: str = ""
    through: str = ""
    personal: str = ""
    figure: str = ""
    staff: str = ""
    secret: str = ""
    working: str = ""
    rest: Rest = "gone"

    def kinds(self) -> dict[str, Kind]:
        """{column: its kind}; the column `lead` is `working`."""
        listed: dict[str, Kind] = {self.lead: "working"} if self.lead else {}
        kinds: tuple[Kind, ...] = ("personal", "figure", "staff", "secret", "working")
        return listed | {name: kind for kind in kinds for name in getattr(self, kind).split()}

    def columns(self, *kinds: Kind) -> list[str]:
        return [name for name, kind in self.kinds().items() if kind in kinds]


HOLDINGS: Mapping[str, Holding] = {
    # ------------------------------------------------------------ content: what marketers write
    "documents": Holding(working="hash text"),
    "releases": Holding(working="id hash tree git_commit note created_at", staff="author"),
    "in_force": Holding(working="id release_id since"),
    "sequence_versions": Holding(working="hash name document_hash"),
    "plans": Holding(working="id base_release_id tree_hash choices effect created_at", staff="author"),
    "adoptions": Holding(working="release_id version sequence to_version moves since next_enrolment_id done_at"),
    "refolds": Holding(working="release_id announce effect next_lead_id since done_at"),
    "blobs": Holding(working="hash part bytes"),
    # ------------------------------------------------------------ leads
    "companies": Holding(working="domain name made_at"),  # gone with the last of their leads: `leads.companies`
    "leads": Holding(
        lead="id",
        personal="email phone first_name last_name company company_domain job_title fields tags timezone first_touch"
        " last_touch",
        figure="status locale origin source created_at",
        staff="owner",
        working="merged_into merged_at",
        rest="blank",
    ),
    "outside_ids": Holding(lead="lead_id", personal="value", figure="system at"),
    "told_apart": Holding(lead="lead_id", staff="author", working="other_id at"),  # the other's: `leads.erasing`
    "wakes": Holding(lead="lead_id", working="seq folded_seq due_at holder fence survivor_id joined_seq", rest="stays"),
    "hits": Holding(
        lead="lead_id",
        personal="marks",
        figure="kind link hidden page at seen_at touched klass reasons judged_at",
        staff="judged_by",
        secret="network client",
        working="id message_id event_seq confirmed_seq seen_seq due_at",
    ),
    "hit_counts": Holding(working="day email kind klass n"),
    "visitors": Holding(lead="lead_id", figure="agreed_at wording", secret="visitor"),
    "visits": Holding(lead="lead_id", personal="touch", figure="page channel at", secret="visitor", working="id"),
    "visit_counts": Holding(working="day page channel source campaign n"),
    "events": Holding(
        lead="lead_id", personal="data", figure="name at recorded_at evidence subject", working="seq", rest="blank"
    ),
    "submissions": Holding(
        lead="lead_id",
        personal="answers touch",
        figure="form page locale at recorded_at",
        secret="idempotency_key",
        working="id event_seq release_id",
        rest="blank",
    ),
    "consents": Holding(
        lead="lead_id",
        personal="proof",
        figure="topic state wording wording_hash form locale at recorded_at",
        working="id",
        rest="blank",
    ),
    "held_submissions": Holding(lead="lead_id", personal="data", figure="reason at", working="submission_id"),
    "submission_counts": Holding(working="what hour number"),
    "suppressions": Holding(working="address_hash scope reason at"),
    "confirmations": Holding(working="address_hash number email asks at"),
    "preference_tokens": Holding(lead="lead_id", secret="token", working="topic"),
    "used_tokens": Holding(lead="lead_id", secret="token_hash", figure="purpose used_at"),
    # ------------------------------------------------------------ engine
    "standings": Holding(
        lead="lead_id",
        personal="persona interests segments buckets dates",
        figure="stage stage_since cycle engagement fit temperature source as_of",
        staff="owner",
        working="verdict_seq human_seq bare_seq fades_on release_id",
    ),
    "lead_segments": Holding(lead="lead_id", personal="segment"),
    "stage_changes": Holding(
        lead="lead_id",
        personal="reason",
        figure="from_stage to_stage cycle at",
        working="id event_seq release_id",
        rest="blank",
    ),
    "enrolments": Holding(
        lead="lead_id",
        personal="entry_key waiting_zone exit_reason",
        figure="sequence state step entered_at ended_at",
        working="id sequence_version occurrence position due_at anchor_at waiting_since waiting_seq entry_seq laps"
        " release_id edit_release_id passed",
        rest="blank",
    ),
    "receipts": Holding(
        lead="enrolment_id",
        through="enrolments",
        personal="reason",
        figure="step outcome at",
        working="occurrence release_id",
        rest="blank",
    ),
    "decisions": Holding(
        lead="lead_id",
        personal="reason",
        figure="sequence step outcome until at",
        working="id enrolment_id release_id",
    ),
    "tallies": Holding(working="name day subject source n"),
    "occupancy": Holding(working="sequence version step position n"),
    "broadcasts": Holding(working="sequence at next_lead_id done_at"),
    "gatherings": Holding(working="sequence trigger next_lead_id done_at"),
    # ------------------------------------------------------------ outboxes
    "messages": Holding(
        lead="lead_id",
        personal="recipient context reason reply",
        figure="klass sequence step topic email locale state created_at claimed_at sent_at ended_at",
        secret="token message_id",
        working="id enrolment_id occurrence compiled_hash due_at expires_at attempts put_off_at holder fence dated"
        " in_data_at resent_at release_id",
        rest="blank",
    ),
    "returned": Holding(
        lead="message_id", through="messages", figure="kind status reason at", working="mark", rest="stays"
    ),
    "compiled": Holding(working="hash subject html text links constants"),
    "rounds": Holding(working="route turns", staff="credit"),
    "absences": Holding(working="id at", staff="rep first_day last_day author"),
    "hand_offs": Holding(
        lead="lead_id",
        personal="brief verdict_reason routed",
        figure="cycle stage opened_at answer_by verdict verdict_at",
        staff="owner verdict_by",
        secret="token",
        working="id event_seq release_id escalate_at",
        rest="blank",
    ),
    "escalations": Holding(
        lead="hand_off_id", through="hand_offs", figure="step act at", staff="owner told", rest="stays"
    ),
    "hand_off_links": Holding(lead="hand_off_id", through="hand_offs", figure="ended_at", staff="rep", secret="token"),
    "notifications": Holding(lead="lead_id", figure="cycle at", staff="channel", working="message_id webhook_id"),
    "webhooks": Holding(
        lead="lead_id",
        personal="payload reason",
        figure="channel type state created_at ended_at",
        secret="event_id",
        working="id due_at attempts holder fence",
    ),
    # ------------------------------------------------------------ the office
    "staff": Holding(
        staff="email name role rep locale theme keys given_at disabled_at created_at",
        secret="password_hash",
        working="id",
    ),
    "staff_sessions": Holding(secret="token_hash", staff="staff_id created_at seen_at"),
    "staff_factors": Holding(secret="salt last_step", staff="staff_id set_at"),
    "staff_recovery_codes": Holding(secret="code_hash", staff="staff_id"),
    "sign_in_attempts": Holding(secret="account_hash network_hash", working="id at"),
    "notes": Holding(lead="lead_id", personal="text", figure="at", staff="staff_id author", working="id"),
    "tasks": Holding(
        lead="lead_id", personal="title", figure="due_at done_at at", staff="owner done_by created_by", working="id"
    ),
    "calls": Holding(
        lead="lead_id", personal="outcome note reason", figure="back_at at", staff="staff_id", working="id task_id"
    ),
    "bant": Holding(lead="lead_id", personal="item value note", figure="at", staff="author"),
    "meetings": Holding(lead="lead_id", personal="place", figure="starts_at minutes at", staff="author", working="id"),
    "deals": Holding(
        lead="lead_id",
        personal="reason",
        figure="state amount probability close_on opened_at ended_at",
        staff="author",
        working="id",
        rest="blank",
    ),
    "deal_forecasts": Holding(
        lead="deal_id",
        through="deals",
        figure="state amount probability close_on at",
        staff="author",
        working="number",
        rest="stays",
    ),
    "page_views": Holding(working="page day views"),
    "lead_words": Holding(lead="lead_id", secret="word"),
    # ------------------------------------------------------------ lists: what a file says is gone once it is taken in
    "imports": Holding(
        working="id state name hash size settings settings_hash counts next_line stored run reason at seen_at ended_at",
        staff="author",
    ),
    "import_parts": Holding(working="import_id part bytes"),
    "import_rejects": Holding(working="import_id line code about"),
    "import_mappings": Holding(working="name fields at", staff="author"),
    "exports": Holding(working="id filters rows at", staff="author"),
    # ------------------------------------------------------------ rights
    "audit": Holding(
        lead="lead_id", figure="act at", staff="staff_id", working="id payload_hash previous hash", rest="stays"
    ),
    "audit_payloads": Holding(lead="audit_id", through="audit", staff="payload", secret="salt"),
    "erasures": Holding(working="mark at"),
    "departures": Holding(lead="lead_id", figure="last_act_at announced_at due_at"),
    # ------------------------------------------------------------ the house itself
    "holders": Holding(working="id fence name started_at seen_at"),
    "calendars": Holding(working="id anchor machine_anchor rate"),
    "switches": Holding(working="name off reason since"),
    "obstacles": Holding(working="name stopped reason since until"),
    "paces": Holding(working="name full_at"),
    "pauses": Holding(working="id name began_at ended_at reason next_lead_id next_at told_at", staff="author"),
    "facts": Holding(working="key value"),
}


def tables() -> list[Table]:
    """The tables that hold something of leads, those that others refer to first."""
    return [table for table in metadata.sorted_tables if HOLDINGS[table.name].lead]


def of_leads(table: Table, lead_ids: Collection[int]) -> ColumnElement[bool]:
    """The condition on `table` for what it holds of those leads."""
    holding = HOLDINGS[table.name]
    if not holding.through:
        return table.c[holding.lead].in_(sorted(lead_ids))
    owner = metadata.tables[holding.through]
    return table.c[holding.lead].in_(select(owner.c.id).where(of_leads(owner, lead_ids)))
