"""Backups: one file with the database, the kept files and the key, made while everything runs."""
