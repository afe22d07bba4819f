"""Screens of the room "Sources and watches"."""
