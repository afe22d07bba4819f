"""Writes of verification: one module per gesture family."""
