"""What a pass of the mail lane remembers: open sessions, and servers to leave alone."""

import logging
import smtplib
import time

_logger = logging.getLogger(__name__)

# a server that takes so long to fail is left alone by this process for some time
PATIENCE_SECONDS = 5.0
AVOIDED_SECONDS = 300.0
# (database, mail configuration) -> until when, by this process's clock
AVOIDED = {}


class Post:
    """The SMTP sessions of one pass. A key is a mail configuration: server, alias domain, sender.

    accepted     the mails that servers have taken: never sent again, whatever goes wrong here
    unreachable  ids of workflows whose mails wait: their server does not answer in this pass
    """

    def __init__(self, accepted, database):
        self.accepted = accepted
        self.unreachable = set()
        self._sessions = {}
        self._closed = set()
        self._database = database

    def is_closed(self, key):
        """Tell whether a server is left alone: in this pass, or after a stall for longer."""
        return key in self._closed or AVOIDED.get((self._database, key), 0) > time.monotonic()

    def lost(self, key, seconds):
        """Note that a connection was lost after so many seconds.

        A server that stalls costs a minute each time: the mails of others and all steps come
        first.
        """
        self.hang_up(key)
        if seconds > PATIENCE_SECONDS:
            AVOIDED[self._database, key] = time.monotonic() + AVOIDED_SECONDS

    def refused(self, key, seconds):
        """Note that a server lets nobody in: it is left alone in this pass at least."""
        self.lost(key, seconds)
        self._closed.add(key)

    def session(self, key, connect):
        """Return an open session; ``connect()`` opens one where there is none."""
        if key not in self._sessions:
            self._sessions[key] = connect()
        return self._sessions[key]

    def hang_up_dead(self):
        """Give up the sessions that servers have closed meanwhile."""
        for key, session in list(self._sessions.items()):
            if not self._answers(session):
                self.hang_up(key)

    def hang_up(self, key):
        """Close a session at once: a server in trouble may not even say goodbye."""
        session = self._sessions.pop(key, None)
        if session:
            session.close()

    def close(self):
        self.accepted.close()
        for key, session in list(self._sessions.items()):
            try:
                self._hurry(session)
                session.quit()
            except (smtplib.SMTPException, OSError):
                _logger.debug("SMTP session was closed by the server")
            self.hang_up(key)

    def _answers(self, session):
        if not session:
            return False
        patience = self._hurry(session)
        try:
            return session.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False
        finally:
            self._hurry(session, patience)

    def _hurry(self, session, seconds=PATIENCE_SECONDS):
        """Set how long a server may take to answer; return how long it might so far."""
        sock = getattr(session, "sock", None)
        before = sock.gettimeout() if sock else None
        if sock:
            sock.settimeout(seconds)
        return before
