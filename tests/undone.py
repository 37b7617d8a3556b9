"""Takes back whatever a test does to the database, so that the next example begins anew."""

from contextlib import contextmanager


def forget(env):
    """Forget what was not written, as the end of a process does."""
    env.cr.clear()
    env.cr.postcommit.clear()


@contextmanager
def undone(env):
    """Take back whatever happens to the database inside."""
    savepoint = env.cr.savepoint(flush=False)
    try:
        yield
    finally:
        forget(env)
        savepoint.close(rollback=True)
        env.registry.clear_all_caches()
