"""Routes: kilometres, timetables, what is ahead of, in and behind a race."""
