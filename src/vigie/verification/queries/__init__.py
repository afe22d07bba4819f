"""Reads of verification: the only door to its rows; each asks for a right first."""
