"""Writes of needs, offers, matches and hand-offs."""
