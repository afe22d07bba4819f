"""Benchmarks: each module measures one promise and records figures with machine and commit."""
