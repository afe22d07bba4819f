"""Every picture seen in any operation, in 256 bits, so that one that comes back is known."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.collection.models import Media
from vigie.operations.models import Operation
from vigie.triage.models import Lead
from vigie.verification.models.evidence import Evidence
from vigie.verification.models.videos import KeyFrame

PICTURE_STATES = ("wanted", "seen", "refused")


class SeenPicture(models.Model):
    """A picture of a post, of a piece of evidence or of a video, looked at once; the file itself is not kept here.

    `bits` and `quality` as `analysis.pictures.fingerprint` gives them by the model `model`. Pictures
    that are the same share `alike`: the id of one of them (it may be gone); 0 until it was looked at. `seen_at` is when the
    post was published, or the evidence added. A picture whose post was taken back goes with it.
    """

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    media = models.OneToOneField(
        Media, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    """No constraint: what is taken back is deleted in plain SQL; `sightings.tidy` follows."""
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="pictures")
    evidence = models.OneToOneField(Evidence, null=True, on_delete=models.CASCADE, related_name="+")
    frame = models.OneToOneField(KeyFrame, null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, default="wanted")
    code = models.CharField(max_length=60, blank=True)
    bits = models.BinaryField(null=True)
    quality = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=20, blank=True)
    alike = models.BigIntegerField(default=0, db_index=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PICTURE_STATES), name="seen_picture_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="seen") | Q(bits__isnull=False, alike__gt=0),
                name="seen_picture_has_its_bits",
            ),
            models.CheckConstraint(
                condition=Q(media__isnull=False, evidence__isnull=True, frame__isnull=True)
                | Q(media__isnull=True, evidence__isnull=False, frame__isnull=True)
                | Q(media__isnull=True, evidence__isnull=True, frame__isnull=False),
                name="seen_picture_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"picture {self.pk}"
