"""Clock, text, geometry, hashing, ids: pure helpers that know nothing of Vigie's nouns."""
