"""Built-in plugins, by dotted path of their class. Adding one adds one line."""

from __future__ import annotations

BUILT_IN: tuple[str, ...] = ("vigie.plugins.sources.exercise.ExercisePlayer",)
