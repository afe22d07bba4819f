"""A short message that goes with an htmx answer (js/toast.js shows it)."""

from __future__ import annotations

from typing import Literal, TypeVar

from django.http import HttpResponse
from django_htmx.http import trigger_client_event

Answer = TypeVar("Answer", bound=HttpResponse)


def toast(
    answer: Answer,
    text: str,
    *,
    kind: Literal["info", "good", "warn", "bad"] = "info",
    undo: str = "",
    link: tuple[str, str] | None = None,
) -> Answer:
    """Add the message to the answer and return it.

    `undo` is an address that is posted to when the person takes it back (button, or `z`); `link` is
    (address, words). An answer with status 4xx that carries a toast is not explained again.
    """
    detail: dict[str, object] = {"text": str(text), "kind": kind}
    if undo:
        detail["undo"] = undo
    if link:
        detail["link"] = {"url": link[0], "label": str(link[1])}
    return trigger_client_event(answer, "vigie:toast", detail)
