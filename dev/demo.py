"""make demo: a database with demo data, the story, then a shop to look at on port 8069.

DEMO_SERVE=0 ends after the story. The exit code is 0 only if the story came true.
"""

import os
import sys
import time

from dev import databases
from dev.paths import BUILD, MissingError, one_line_errors
from dev.server import OdooServer
from dev.story import Story, StoryError
from dev.visitor import ShopError

DATABASE = "mwa_demo"
PORT = 8069


def play():
    """Play the story; return whether it came true."""
    databases.fresh(DATABASE, demo=True)
    story = Story(DATABASE, BUILD / "demo-mail", port=PORT)
    try:
        story.play()
    except (StoryError, ShopError) as error:
        print(f"\nThe story did not come true: {error}")
        print(f"Log of the server: {story.server.log if story.server else '-'}")
        return False
    print("\nWho was enrolled:")
    for workflow, address, state, reason in story.runs():
        print(f"  {workflow:<16} {address:<28} {state:<8} {reason}")
    print("\nWhich mails of workflows went out:")
    for address, subject in story.mails():
        print(f"  {address:<28} {subject}")
    slowest = max(story.seconds_to_receiver.values())
    print(f"\nThe story came true. Sign-up to receiver: {slowest:.1f} s at most.")
    print(f"The mails are in {story.receiver.folder}, one .eml file each.")
    return True


def serve():
    """Serve the demo database until Ctrl-C."""
    with OdooServer(DATABASE, port=PORT) as server:
        print(f"\nOdoo is serving at {server.url}/odoo")
        print("  marketer: login marketer, password marketer (Workflows app)")
        print("  administrator: login admin, password admin")
        print("  the runs of the story: Workflows > People > Runs")
        print("Ctrl-C ends it.")
        try:
            while server.process.poll() is None:
                time.sleep(1)
        except KeyboardInterrupt:
            print("\nGood-bye.")


def main():
    """Play, then serve unless DEMO_SERVE=0."""
    with one_line_errors():
        if not play():
            sys.exit(1)
        if os.environ.get("DEMO_SERVE", "1") != "0":
            serve()


if __name__ == "__main__":
    try:
        main()
    except MissingError as error:
        sys.exit(str(error))
