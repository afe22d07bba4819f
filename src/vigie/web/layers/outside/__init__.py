"""Layers from outside on the screen: trials, tiles fetched for browsers, words."""
