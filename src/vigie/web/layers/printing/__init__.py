"""Printing the map: what is asked for, what is on it, what lies below."""
