"""Pictures that come back: every picture of a matched post is looked at once and compared with all
that were seen before, in every operation.

Looking is not keeping: the bytes are fetched, reduced to 256 bits and dropped. `looking` finds what
was not looked at and does it in background jobs, `index` holds the fingerprints of one process,
`reuse` says for people what came back.
"""
