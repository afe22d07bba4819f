"""Help asked for and offered: needs, offers, matches, hand-offs to partners and their answers."""
