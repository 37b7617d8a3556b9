"""For the Selection values that a glue addon adds: what becomes of its rows when it is uninstalled.

``ondelete={"sms": step_gone}`` keeps the steps (and ``trigger_gone`` the triggers) of a kind that
goes, with what their file says, until the addon is installed again.
"""


def step_gone(steps):
    """Keep steps whose kind is being uninstalled; who stands there goes on."""
    steps._set_gone()


def trigger_gone(triggers):
    """Keep triggers whose kind is being uninstalled; they bring nobody in meanwhile."""
    triggers._set_gone()
