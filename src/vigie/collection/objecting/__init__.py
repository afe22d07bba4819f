"""Accounts whose owner objected to being collected: kept as keyed hashes only, never as names."""
