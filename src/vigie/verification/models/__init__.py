"""Tables of verification. Only this app reads and writes them."""

from __future__ import annotations

from vigie.verification.models.claims import (
    Check,
    Claim,
    ClaimIncident,
    ClaimPost,
    ClaimRevision,
    Follower,
    KnownClaim,
    KnownImport,
    Reading,
    Stint,
)
from vigie.verification.models.evidence import Archive, Evidence
from vigie.verification.models.exposures import Exposure
from vigie.verification.models.factchecks import (
    AnswersReady,
    FactCheck,
    FactCheckApproval,
    FactCheckVersion,
)
from vigie.verification.models.known import KnownEntry, KnownFeed
from vigie.verification.models.pictures import SeenPicture
from vigie.verification.models.surroundings import PlaceView
from vigie.verification.models.videos import KeyFrame, Video

__all__ = [
    "AnswersReady",
    "Archive",
    "Check",
    "Claim",
    "ClaimIncident",
    "ClaimPost",
    "ClaimRevision",
    "Evidence",
    "Exposure",
    "FactCheck",
    "FactCheckApproval",
    "FactCheckVersion",
    "Follower",
    "KeyFrame",
    "KnownClaim",
    "KnownEntry",
    "KnownFeed",
    "KnownImport",
    "PlaceView",
    "Reading",
    "SeenPicture",
    "Stint",
    "Video",
]
