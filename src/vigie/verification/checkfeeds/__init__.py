"""Checks of others fetched from an address: read whatever form they have, kept up to date, nothing twice."""
