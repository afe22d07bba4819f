"""Writes on leads and incidents: keyword-only, in one transaction, with their journal entry."""
