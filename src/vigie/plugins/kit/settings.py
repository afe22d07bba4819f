"""How a plugin's setting is described: its label and help in both languages, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def setting(
    fr: str,
    en: str,
    *,
    help: tuple[str, str] = ("", ""),
    input: str = "",
    choices: Mapping[str, tuple[str, str]] | None = None,
    **limits: Any,
) -> msgspec.Meta:
    """For `Annotated`. `help` is (French, English); `choices` value → (French, English).

    `input` is "url", "textarea" (several, one a line), "secret" (the name of a secret, never the
    secret itself) or "secrets" (the same, of a secret of several lines). `limits` are those of `msgspec.Meta`.
    """
    extra: dict[str, Any] = {"label": {"fr": fr, "en": en}}
    if any(help):
        extra["help"] = {"fr": help[0], "en": help[1]}
    if input:
        extra["input"] = input
    if choices:
        extra["choices"] = {value: {"fr": f, "en": e} for value, (f, e) in choices.items()}
    return msgspec.Meta(extra=extra, **limits)
