"""What a place looks like, from outside services: photos from the air and from the street.

`services` speaks their language (pure), `fetching` is the job that asks them through the guard.
"""
