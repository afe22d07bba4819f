"""How often people opened pictures that shock: counted for their own sake, not what they looked at."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from vigie.operations.models import Operation


class Exposure(models.Model):
    """Somebody took the veil off one graphic picture. Which one is not kept: a count is enough to
    propose a pause, more would tell what a volunteer looked at."""

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["operation", "at"]), models.Index(fields=["by", "at"])]

    def __str__(self) -> str:
        return f"exposure {self.pk}"
