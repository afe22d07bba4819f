"""Videos handed in as evidence: the few pictures in them that are worth searching for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.verification.models.evidence import Evidence

VIDEO_STATES = ("wanted", "read", "refused")


class Video(models.Model):
    """A file handed in that says it is a video. `state`: wanted (a job will read it), read (it has
    key frames), refused (`code` says why there are none)."""

    evidence = models.OneToOneField(Evidence, on_delete=models.CASCADE, related_name="video")
    state = models.CharField(max_length=8, default="wanted")
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=VIDEO_STATES), name="video_state_known"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(code=""), name="video_refused_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"video {self.pk}"


class KeyFrame(models.Model):
    """One picture of a video, `at_s` seconds after its start; written anew, in the blob store."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="frames")
    at_s = models.FloatField()
    blob = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"key frame {self.pk}"
