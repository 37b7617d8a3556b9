"""What the server does for the engine's own queries: plans, and the rows they look at."""

import json
from contextlib import contextmanager


@contextmanager
def recorded(env):
    """Record the statements that the engine sends, as the server gets them."""
    kind = type(env.cr)
    original, queries = kind.execute, []

    def execute(cursor, *args, **kwargs):
        result = original(cursor, *args, **kwargs)
        queries.append(cursor._obj.query.decode())
        return result

    kind.execute = execute
    try:
        yield queries
    finally:
        kind.execute = original


def explain(env, query):
    """Carry a query out and return the nodes of its plan."""
    env.cr._obj.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query)
    (found,) = env.cr._obj.fetchone()
    plans = found if isinstance(found, list) else json.loads(found)
    nodes, todo = [], [plans[0]["Plan"]]
    while todo:
        node = todo.pop()
        nodes.append(node)
        todo += node.get("Plans", [])
    return nodes


def touched(nodes, table):
    """Return how many rows of a table a plan looked at."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes
        if node.get("Relation Name") == table and "Scan" in node["Node Type"]
    )


def read_whole(nodes, table):
    """Tell whether a plan read a whole table."""
    return any(
        node["Node Type"] == "Seq Scan" and node.get("Relation Name") == table for node in nodes
    )
