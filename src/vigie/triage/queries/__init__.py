"""Reads of leads and incidents."""
