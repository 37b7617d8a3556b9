"""How often somebody may ask: buckets of tokens that fill up again, in the memory of one process.

Several processes of one server count each for itself: what is allowed in all is at most so many
times as much.
"""

from collections import OrderedDict
from threading import Lock


class Limiter:
    """Lets each key pass so often a minute, at once or spread over it.

    :param int most: keys remembered; the ones unseen for longest are forgotten first
    """

    def __init__(self, most: int = 10_000):
        self._most = most
        self._buckets = OrderedDict()
        self._lock = Lock()

    def take(self, key, per_minute: float, now: float) -> float:
        """Return 0 where the key may pass, else the seconds until it may.

        :param float now: seconds of any clock; one that goes back fills nothing
        """
        with self._lock:
            tokens, seen_at = self._buckets.pop(key, (per_minute, now))
            tokens = min(per_minute, tokens + max(0, now - seen_at) * per_minute / 60)
            passes = tokens >= 1
            self._buckets[key] = (tokens - passes, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return 0 if passes else (1 - tokens) * 60 / per_minute

    def clear(self):
        """Forget everybody."""
        with self._lock:
            self._buckets.clear()
