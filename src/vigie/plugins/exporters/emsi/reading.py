"""EMSI messages as others write them: checked against the official schemas, refused with reasons."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from jsonschema import Draft7Validator, FormatChecker

MOST: Final = 2_000_000
"""Bytes of a message at most."""
REASONS: Final = 20


class NotEmsi(ValueError):
    """Not valid. `problems`: where and why, a line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems[0])
        self.problems = problems


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says: its id, its type (ACK, ALERT, CANCEL, ERROR, UPDATE), which messages it
    is about (`links`), whether it is an exercise, its words; `emsi` is all of it."""

    id: str
    type: str
    links: tuple[str, ...]
    exercise: bool
    text: str
    sender: str
    emsi: dict[str, Any]


def read(data: bytes) -> Read:
    """A message in an EDXL-DE envelope, or bare. Raises NotEmsi."""
    if len(data) > MOST:
        raise NotEmsi((f"more than {MOST} bytes",))
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotEmsi((f"not JSON: {error}",)) from error
    if not isinstance(found, dict):
        raise NotEmsi(("not a JSON object",))
    sender = ""
    if "content" in found or "distributionID" in found:
        _checked("edxl-de.schema.json", found, "")
        sender = str(found["senderID"])
        inner = found["content"][0]["jsonContent"]["embeddedJsonContent"]
        found = inner.get("message", inner)
        if not isinstance(found, dict) or "emsi" not in found:
            raise NotEmsi(("content[0]: no emsi message inside",))
    emsi = found.get("emsi", found)
    _checked("emsi.schema.json", emsi, "emsi")
    context = emsi["CONTEXT"]
    return Read(
        id=context["ID"], type=context["MSGTYPE"], exercise=context["MODE"] in ("EXERCS", "TEST"),
        links=tuple(each["ID"] for each in context.get("LINK", ())),
        text=context.get("FREETEXT", ""),
        sender=sender or context.get("ORIGIN", {}).get("ORG_ID", ""), emsi=emsi,
    )  # fmt: skip


def _checked(schema: str, found: Any, where: str) -> None:
    errors = sorted(
        _validator(schema).iter_errors(found), key=lambda each: list(map(str, each.path))
    )
    if errors:
        raise NotEmsi(
            tuple(
                f"{'/'.join(map(str, filter(None, (where, *each.path)))) or '·'}: {each.message[:300]}"
                for each in errors[:REASONS]
            )
        )


@cache
def _validator(name: str) -> Draft7Validator:
    schema = json.loads((files(__package__) / name).read_bytes())
    schema.pop("$id", None)  # both claim the address of the meta-schema
    return Draft7Validator(schema, format_checker=FormatChecker())
