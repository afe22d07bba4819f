"""Indicators: official measures in time, who follows them, and what is to be told of them."""
