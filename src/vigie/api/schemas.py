"""Shapes of what goes in and out. Times are RFC 3339 with an offset; positions longitude first."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from vigie.kernel.clock import rfc3339
from vigie.operations.models import Operation
from vigie.triage.models import Incident
from vigie.triage.queries.incident_detail import IncidentDetail, Step

State = Literal["to_check", "confirmed", "denied", "unverifiable", "handed_over", "closed"]


class OperationOut(Schema):
    slug: str
    title: str
    kind: str
    phase: str
    is_exercise: bool
    time_zone: str
    rights: list[str] = Field(description="What who asks may do here.")

    @classmethod
    def of(cls, row: Operation, rights: list[str]) -> OperationOut:
        return cls(
            slug=row.slug, title=row.title, kind=row.kind, phase=row.phase,
            is_exercise=row.is_exercise, time_zone=row.time_zone, rights=rights,
        )  # fmt: skip


class IncidentOut(Schema):
    """An incident. `urgency` 0 none … 4 critical; `posts` counts what backs it."""

    number: int
    version: int = Field(description="Send it with a change, so that nobody's work is lost.")
    exercise: bool
    title: str
    description: str
    category: str
    urgency: int
    state: State
    reliability: str
    credibility: int
    occurred_at: str | None
    place_name: str
    place_code: str
    geometry: dict[str, Any] | None
    precision_m: int | None
    assignee: str | None
    posts: int | None
    merged_into: int | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, row: Incident, *, exercise: bool, posts: int | None = None) -> IncidentOut:
        return cls(**values_of(row, exercise=exercise, posts=posts))


def values_of(row: Incident, *, exercise: bool, posts: int | None = None) -> dict[str, Any]:
    return {
        "number": row.number,
        "version": row.version,
        "exercise": exercise,
        "title": row.title,
        "description": row.description,
        "category": row.category,
        "urgency": row.urgency,
        "state": row.state,
        "reliability": row.reliability,
        "credibility": row.credibility,
        "occurred_at": rfc3339(row.occurred_at) if row.occurred_at else None,
        "place_name": row.place_name,
        "place_code": row.place_code,
        "geometry": row.geometry,
        "precision_m": row.precision_m,
        "assignee": row.assignee.display if row.assignee else None,
        "posts": getattr(row, "posts", posts),
        "merged_into": row.merged_into.number if row.merged_into else None,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


class StepOut(Schema):
    """One step of the history; `changes` maps fields to [before, after]."""

    entry: int
    at: str
    actor: str
    verb: str
    incident: int
    text: str
    changes: dict[str, list[Any]]

    @classmethod
    def of(cls, step: Step) -> StepOut:
        return cls(
            entry=step.entry.seq, at=rfc3339(step.entry.at), actor=step.entry.actor,
            verb=step.entry.verb, incident=step.of, text=step.entry.text,
            changes={name: list(pair) for name, pair in step.changes.items()},
        )  # fmt: skip


class PostOut(Schema):
    """A post that backs an incident, without its author. Needs the right to see posts."""

    lead: int
    network: str
    url: str
    published_at: str
    language: str
    text: str
    reliability: str
    credibility: int
    came_with: int | None = Field(description="Number of the merged incident it came with.")


class IncidentDetailOut(IncidentOut):
    """With its posts (for who may see posts), what was merged into it, and its history."""

    backing: list[PostOut] | None
    merged: list[int]
    history: list[StepOut]
    next_states: list[str]

    @classmethod
    def in_full(
        cls, found: IncidentDetail, *, exercise: bool, with_posts: bool
    ) -> IncidentDetailOut:
        values = values_of(found.incident, exercise=exercise, posts=len(found.backing))
        return cls(
            **values,
            backing=[
                PostOut(
                    lead=row.lead_id,
                    network=row.lead.post.network,
                    url=row.lead.post.url,
                    published_at=rfc3339(row.lead.post.published_at),
                    language=row.lead.post.language,
                    text=row.lead.post.text,
                    reliability=row.lead.reliability,
                    credibility=row.lead.credibility,
                    came_with=row.origin.number if row.origin else None,
                )
                for row in found.backing
            ]
            if with_posts
            else None,
            merged=[row.number for row in found.merged],
            history=[StepOut.of(step) for step in found.history],
            next_states=found.next_states,
        )


class IncidentList(Schema):
    incidents: list[IncidentOut]
    after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class IncidentFields(_Strict):
    """What may be said of an incident; what is left out stays as it is."""

    title: str | None = None
    description: str | None = None
    category: str | None = None
    urgency: int | None = None
    reliability: str | None = None
    credibility: int | None = None
    occurred_at: AwareDatetime | None = None
    place_name: str | None = None
    place_code: str | None = None
    geometry: dict[str, Any] | None = None
    precision_m: int | None = None


class IncidentIn(IncidentFields):
    title: str
    leads: list[int] = Field(default_factory=list, max_length=500)


class IncidentPatch(IncidentFields):
    """Changed fields with the `version` they were read at. null empties occurred_at, geometry,
    precision_m and assignee. `state` moves through the state machine, with `reason`."""

    version: int
    state: State | None = None
    reason: str = ""
    assignee: str | None = Field(default=None, description="E-mail of somebody of the team.")


class LeadsIn(_Strict):
    leads: list[int] = Field(min_length=1, max_length=500)


class CommentIn(_Strict):
    text: str


class MergeIn(_Strict):
    into: int = Field(description="Number of the incident that stays.")


class LeadOut(Schema):
    """A post in the operation, duplicates folded into it, without its author."""

    id: int
    state: str
    urgency: int
    category: str
    reliability: str
    credibility: int
    place_name: str
    place_code: str
    lon: float | None
    lat: float | None
    precision_m: int | None
    copies: int
    arrived_at: str
    published_at: str
    network: str
    url: str
    language: str
    text: str
    incidents: list[int]


class LeadList(Schema):
    leads: list[LeadOut]
    after: str | None


class EntryOut(Schema):
    """A line of the journal; `hash` chains it to the one before."""

    seq: int
    at: str
    actor: str
    verb: str
    subject: list[Any] | None
    text: str
    data: dict[str, Any]
    hash: str


class EntryList(Schema):
    entries: list[EntryOut]
    after: int | None
