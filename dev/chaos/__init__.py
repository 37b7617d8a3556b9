"""Chaos: real workers, database, mail server and clock, all of which fail on purpose."""
