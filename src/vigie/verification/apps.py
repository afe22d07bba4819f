from __future__ import annotations

from django.apps import AppConfig

from vigie.collection import holders


class VerificationConfig(AppConfig):
    name = "vigie.verification"
    label = "verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        holders.register(
            ("verification_evidence", "blob"),
            ("verification_evidence", "shown"),
            ("verification_keyframe", "blob"),
            ("verification_archive", "wacz"),
            ("verification_archive", "screenshot"),
            ("verification_factcheck", "picture"),
            ("verification_factcheckversion", "picture"),
            ("verification_placeview", "blob"),
            ("verification_placeview", "thumb"),
        )
