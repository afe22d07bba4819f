"""Drawing the situation together: layers, their objects, and how edits of several people meet."""
