"""Personal data: how long it is kept, and a person's requests."""
