"""Vigie: watch, verify, map and help when a river floods or a race comes through."""

import os

__version__ = "0.1.0"

# The language model's matrices are small: two threads that wait for each other take twice the
# processor's time for the same work. Read by numpy when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
