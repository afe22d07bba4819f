"""Writes on layers and their objects: keyword-only, in one transaction, with their journal entry."""
