"""Parts of queries that the engine writes with."""

from odoo.tools import SQL


def unnested(rows, *types):
    """Return rows of Python values as a table of a query: an array for each column.

    However many rows there are, the query has one value for each column.

    :param rows: tuples, at least one
    :param types: the type of each column in the database
    """
    columns = zip(*rows, strict=True)
    arrays = []
    for column, name in zip(columns, types, strict=True):
        arrays.append(SQL("%s::%s[]", list(column), SQL(name)))
    return SQL("unnest(%s)", SQL(", ").join(arrays))
