"""Writes on operations and their teams: keyword-only, in one transaction, with their entry."""
