"""How every command answers: words for people, JSON for scripts, one line when it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click


def emit(value: Mapping[str, Any], *, as_json: bool, words: str) -> None:
    """Print the value as one JSON object, or its words."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str) if as_json else words)


def fail(reason: str) -> NoReturn:
    """End with status 1 and the reason on one line of stderr."""
    click.echo(f"vigie: {' '.join(reason.split())}", err=True)
    sys.exit(1)
