"""What the public reads: no account, no cookie, no script, on a bad line, when everybody comes."""
