"""Vigie: watch, verify, map and help when a river floods or a race comes through."""

__version__ = "0.1.0"
