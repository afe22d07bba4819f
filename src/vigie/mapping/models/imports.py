"""Files of places handed in: how each is read, how far it is, what of it was refused or mended."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.mapping.models.layers import Layer
from vigie.operations.models import Operation

STATES = ("waiting", "running", "cancelling", "done", "cancelled", "failed")
UNFINISHED = ("waiting", "running", "cancelling")


class FileImport(models.Model):
    """A file whose objects go to a layer (French: import).

    `choices` say how it is read (`mapping.files.types.Choices`). `read` objects of the file were
    settled so far, `share` of it (0 to 1). `entries` are the numbers of the journal entries that
    wrote its blocks: a field whose stamp is none of them was written by somebody since. `mended`
    counts repairs by code. `code`, `detail`: why it failed.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="map_imports")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation."""
    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=200)
    blob = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    choices = models.JSONField(default=dict)
    vanished = models.CharField(max_length=8, default="keep")
    """What becomes of objects of the layer that came from a file and are not in this one: keep or
    delete."""
    state = models.CharField(max_length=12, default="waiting")
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    read = models.PositiveIntegerField(default=0)
    share = models.FloatField(default=0.0)
    made = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    """Objects of which something was left as a person had put it."""
    gone = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    mended = models.JSONField(default=dict, blank=True)
    mended_objects = models.PositiveIntegerField(default=0)
    entries = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="map_import_number_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="map_import_state_known"),
        ]

    def __str__(self) -> str:
        return f"map import {self.number}"

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def taken(self) -> int:
        """Objects of the file that stand on the map now."""
        return self.made + self.changed + self.same + self.kept


class ImportNote(models.Model):
    """An object of a file that was refused (`code`, `detail`, `raw`) or mended (`codes`)."""

    file = models.ForeignKey(FileImport, on_delete=models.CASCADE, related_name="notes")
    number = models.PositiveIntegerField()
    """Its place in the file: line, record or element, from 1."""
    refused = models.BooleanField()
    code = models.CharField(max_length=120)
    """The reason, or the repairs separated by blanks."""
    detail = models.CharField(max_length=200, blank=True)
    raw = models.TextField(blank=True)
    """What it was, as JSON; empty for one that was mended."""

    class Meta:
        indexes = [models.Index(fields=["file", "refused", "number"])]

    def __str__(self) -> str:
        return f"object {self.number} of {self.file_id}"
