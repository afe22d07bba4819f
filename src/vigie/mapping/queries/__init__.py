"""Reads of layers and objects: each checks what the person may see."""
