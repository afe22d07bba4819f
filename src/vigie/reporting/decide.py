"""Rules of a situation report's life: draft → proposed → frozen, by two people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Refused(Exception):
    """The step cannot be made; `code` is translated for the person."""

    code: str


def may_edit(state: str) -> None:
    """Texts change while draft or proposed (which brings it back to draft)."""
    if state == "frozen":
        raise Refused(code="frozen")


def may_propose(state: str) -> None:
    if state != "draft":
        raise Refused(code="not_a_draft")


def may_approve(state: str, *, proposer: int | None, approver: int) -> None:
    """Nobody approves what they proposed themselves."""
    if state != "proposed":
        raise Refused(code="not_proposed")
    if proposer == approver:
        raise Refused(code="same_person")


def may_discard(state: str) -> None:
    if state == "frozen":
        raise Refused(code="frozen")
