"""Layers from outside: one module for each kind of source, named in `registry`. See docs/explanation."""
