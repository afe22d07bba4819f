"""Who may do what: the one table. Screens, API and live updates all ask `allowed`.

Pure data. A person has one or more roles in an operation (`operations.Membership`), and possibly
a platform right (administrator, data-protection officer) that is not a role in any operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """A role in one operation."""

    COORDINATOR = "coordinator"
    WATCHER = "watcher"
    VERIFIER = "verifier"
    MAPPER = "mapper"
    COMMUNICATOR = "communicator"
    CALLER = "caller"
    PARTNER = "partner"
    OBSERVER = "observer"


class Platform(StrEnum):
    """A right over the whole installation."""

    ADMINISTRATOR = "administrator"
    DATA_PROTECTION = "data_protection"


class Right(StrEnum):
    """One thing a person may do. `platform_` rights belong to no operation."""

    SEE_OPERATION = "see_operation"
    EDIT_OPERATION = "edit_operation"
    CHANGE_PHASE = "change_phase"
    MANAGE_TEAM = "manage_team"
    SEE_BOARD = "see_board"
    TRIAGE = "triage"
    REVEAL_AUTHOR = "reveal_author"
    EDIT_WATCHES = "edit_watches"
    EDIT_SOURCES = "edit_sources"
    CAPTURE = "capture"
    FREEZE_EVIDENCE = "freeze_evidence"
    SEE_INCIDENTS = "see_incidents"
    EDIT_INCIDENTS = "edit_incidents"
    MERGE_INCIDENTS = "merge_incidents"
    SEE_REPORTS = "see_reports"
    WRITE_REPORTS = "write_reports"
    APPROVE_REPORTS = "approve_reports"
    SEE_JOURNAL = "see_journal"
    WRITE_JOURNAL = "write_journal"
    EXPORT = "export"
    SEE_ALERTS = "see_alerts"
    ACKNOWLEDGE_ALERTS = "acknowledge_alerts"
    EDIT_ALERTS = "edit_alerts"
    SEE_CLAIMS = "see_claims"
    OPEN_CLAIMS = "open_claims"
    CHECK_CLAIMS = "check_claims"
    PUBLISH_FACT_CHECKS = "publish_fact_checks"
    SEE_LAYERS = "see_layers"
    SEE_TEAM_LAYERS = "see_team_layers"
    DRAW = "draw"
    EDIT_LAYERS = "edit_layers"
    RELEASE_MAP = "release_map"
    SEE_NEEDS = "see_needs"
    TAKE_NEEDS_IN = "take_needs_in"
    WORK_NEEDS = "work_needs"
    CALL_BACK = "call_back"
    REVEAL_CONTACTS = "reveal_contacts"
    SEE_HAND_OFFS = "see_hand_offs"
    HAND_OFF = "hand_off"
    ANSWER_HAND_OFFS = "answer_hand_offs"
    EDIT_PARTNERS = "edit_partners"
    RUN_EXERCISE = "run_exercise"
    PLATFORM_OPEN_OPERATION = "platform_open_operation"
    PLATFORM_USERS = "platform_users"
    PLATFORM_HEALTH = "platform_health"
    PLATFORM_SOURCES = "platform_sources"
    PLATFORM_AUDIT = "platform_audit"
    PLATFORM_DATA = "platform_data"


R = Right
_EVERY_MEMBER = {R.SEE_OPERATION, R.SEE_INCIDENTS, R.SEE_REPORTS, R.SEE_CLAIMS, R.SEE_LAYERS}
_VOLUNTEER = _EVERY_MEMBER | {
    R.SEE_BOARD, R.TRIAGE, R.REVEAL_AUTHOR, R.CAPTURE, R.EDIT_INCIDENTS,
    R.SEE_JOURNAL, R.WRITE_JOURNAL, R.SEE_ALERTS, R.ACKNOWLEDGE_ALERTS, R.OPEN_CLAIMS,
    R.SEE_TEAM_LAYERS, R.DRAW, R.SEE_NEEDS, R.TAKE_NEEDS_IN, R.WORK_NEEDS, R.CALL_BACK,
    R.REVEAL_CONTACTS, R.SEE_HAND_OFFS, R.HAND_OFF,
}  # fmt: skip

RIGHTS_OF_ROLE: dict[Role, frozenset[Right]] = {
    Role.COORDINATOR: frozenset(
        r for r in Right if not r.startswith("platform_") and r is not R.ANSWER_HAND_OFFS
    ),
    Role.WATCHER: frozenset(_VOLUNTEER | {R.EDIT_WATCHES}),
    Role.VERIFIER: frozenset(
        _VOLUNTEER
        | {R.MERGE_INCIDENTS, R.WRITE_REPORTS, R.APPROVE_REPORTS, R.EXPORT, R.FREEZE_EVIDENCE}
        | {R.CHECK_CLAIMS, R.PUBLISH_FACT_CHECKS}
    ),
    Role.MAPPER: frozenset(
        _VOLUNTEER | {R.MERGE_INCIDENTS, R.EXPORT, R.EDIT_LAYERS, R.RELEASE_MAP}
    ),
    Role.COMMUNICATOR: frozenset(_VOLUNTEER | {R.WRITE_REPORTS, R.PUBLISH_FACT_CHECKS}),
    Role.CALLER: frozenset({R.SEE_OPERATION, R.CALL_BACK}),
    Role.PARTNER: frozenset(_EVERY_MEMBER | {R.EXPORT, R.SEE_HAND_OFFS, R.ANSWER_HAND_OFFS}),
    Role.OBSERVER: frozenset(
        _EVERY_MEMBER | {R.SEE_BOARD, R.SEE_JOURNAL, R.SEE_ALERTS, R.SEE_TEAM_LAYERS, R.SEE_NEEDS}
    ),
}

RIGHTS_OF_PLATFORM: dict[Platform, frozenset[Right]] = {
    Platform.ADMINISTRATOR: frozenset(
        {
            R.PLATFORM_OPEN_OPERATION,
            R.PLATFORM_USERS,
            R.PLATFORM_HEALTH,
            R.PLATFORM_SOURCES,
            R.PLATFORM_AUDIT,
        }
    ),
    Platform.DATA_PROTECTION: frozenset({R.PLATFORM_AUDIT, R.PLATFORM_HEALTH, R.PLATFORM_DATA}),
}
"""A platform right opens no operation: an administrator who is in no team reads no post."""


RIGHTS_BEYOND: dict[Role, frozenset[Right]] = {
    Role.COORDINATOR: frozenset({R.PLATFORM_OPEN_OPERATION}),
}
"""Platform rights that come with a role in any operation: who coordinates one may open the next."""


def rights_of(roles: Iterable[Role], platform: Iterable[Platform] = ()) -> frozenset[Right]:
    """All rights that these roles and platform rights give together."""
    rights: set[Right] = set()
    for role in roles:
        rights |= RIGHTS_OF_ROLE[role]
    for power in platform:
        rights |= RIGHTS_OF_PLATFORM[power]
    return frozenset(rights)
