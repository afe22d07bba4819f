"""Photographing pages with an installed browser that reaches the outside through our guard alone."""

from __future__ import annotations

from pathlib import Path


def launch_path() -> Path:
    """The file that a Python of its own runs to become the browser; never imported."""
    return Path(__file__).with_name("launch.py")
