"""Memory of a worker process after it has carried out all due runs: few, and very many.

A process of its own for each; what is counted is what it has grown by, as the system tells it.
"""

from benchmarks import world
from benchmarks.figure import counted

STEPS = [
    {"key": "condition", "kind": "condition", "domain": [["name", "like", "1"]]},
    {"key": "wait", "kind": "wait", "days": 1},
]


def measure(bench):
    """Let one process carry out everything, in one go."""
    few, many = bench.size(10_000, 1_000), bench.size(1_000_000)
    if bench.options.size:
        few = max(many // 100, 100)
    found = {}
    for size in (few, many):
        with bench.database("memory") as database:
            database.run(_arrange, size=size)
            found[size] = database.run(_pass)
    yield counted(
        "memory",
        found[many]["after"] - found[few]["after"],
        reads=f"MB more in a worker after {many} runs than after {few}",
        at_most=50,
        **{f"{name}_{size}": mb for size in found for name, mb in found[size].items()},
    )


def _arrange(env, size):
    first = world.contacts(env, size, "memory")
    made = world.workflow(env, STEPS, "Memory")
    world.runs(env, made, first, range(size), "memory", due=size)


def _pass(env):
    before = _megabytes("VmRSS")
    handled = env["mail.workflow.enrollment"]._cron_run()
    return {
        "before": before,
        "after": _megabytes("VmRSS"),
        "peak": _megabytes("VmHWM"),
        "handled": handled,
    }


def _megabytes(name):
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(f"{name}:"))
    return round(int(line.split()[1]) / 1024, 1)
