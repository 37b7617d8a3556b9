"""Our glue addons, each played with its application: a run of its own, on a database of its own.

``dev/databases.py fresh NAME --addons glue`` makes the database; ``make test`` runs these last.
"""
