"""Calls for which nobody waits, made a moment later by a thread of this process."""

import logging
import os
import threading
import time

_logger = logging.getLogger(__name__)

# seconds in which what is asked for under one key becomes one call
PAUSE = 0.1
# seconds after which a thread without work ends: to start one is dearer than to wake it
LINGER = 60


class Waker:
    """Makes calls a moment later, in a thread that ends when nobody has asked for a while.

    What is asked for under a key while a call of it waits is the same call. What waits is lost
    with the process: only for what comes anyway, later.
    """

    def __init__(self, pause, linger):
        self._pause, self._linger = pause, linger
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self):
        """Begin anew: a forked process has neither the thread nor whoever held the lock."""
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._waiting = {}
        self._thread = None

    def later(self, key, call):
        """Have ``call()`` made a moment later, in another thread; what it raises is logged."""
        with self._lock:
            self._waiting.setdefault(key, call)
            self._asked.set()
            if self._thread:
                return
            thread = threading.Thread(target=self._work, name=__name__, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # the process is ending, or has no thread left: it goes with the next one
                _logger.warning("No thread to wake the workflow engine", exc_info=True)
            else:
                self._thread = thread

    def _work(self):
        while True:
            self._asked.wait(self._linger)
            time.sleep(self._pause)
            with self._lock:
                calls, self._waiting = self._waiting, {}
                self._asked.clear()
                if not calls:
                    self._thread = None
                    return
            # no longer waiting: whoever asks from here on needs another call
            for call in calls.values():
                try:
                    call()
                except Exception:  # noqa: BLE001 the next call has nothing to do with it
                    _logger.exception("A call that nobody waits for has failed")


later = Waker(PAUSE, LINGER).later
