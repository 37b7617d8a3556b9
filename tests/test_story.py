"""The story of the demo, as a test: who was written to, who bought, who was left in peace."""

import tempfile
import unittest

from dev import databases
from dev.story import Story


class TestStory(unittest.TestCase):
    def test_one_abandoned_cart_is_won_back(self):
        """A real server, its own cron workers, a real shop over HTTP and a real mail receiver.

        The story raises where it does not come true; what it measures is not asserted.
        """
        database = databases.fresh("mwa_story")
        told = []
        with tempfile.TemporaryDirectory() as folder:
            Story(database, folder, tell=told.append).play()
        self.assertIn("got nothing more", told[-1])
