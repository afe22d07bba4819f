"""JSON for programs and for our own pages, under /api/v1/: the same desks, rights and actions."""
