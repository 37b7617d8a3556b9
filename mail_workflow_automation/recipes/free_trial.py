"""Free trial: first steps, help for who does not begin, and the offer before the end."""

from .parts import for_owner, wait_days
from .texts import mail

GOAL = "lead"
NEEDS = ()
ASKS = ("sender", "delay")


def label(env):
    return env._("Free trial")


def description(env):
    return env._(
        "First steps when a trial starts. Who does not log in within some hours gets a nudge, then "
        "a call by customer success. The offer comes two days before the end of the fourteen. "
        "Your application sends the events trial_started and logged_in."
    )


def effect(env):
    return env._("More trials are really tried, and who tried them buys.")


def delay(env):
    return env._("hours without a login until the nudge"), 48


def _until_login(env, key, length, used, unused):
    """Return a wait for a login.

    :param dict length: of the wait
    :param list used: steps for who logs in
    :param list unused: steps for who does not
    """
    return {
        "key": key,
        "kind": "wait",
        "name": env._("Do they log in?"),
        **length,
        "events": [{"kind": "custom", "name": "logged_in", "branch": "used"}],
        "branches": {"used": {"steps": used}, "timeout": {"steps": unused}},
    }


def definition(env, delay=48):
    """Return the recipe in the file format.

    :param int delay: hours without a login until the nudge
    """
    call = for_owner(env, "call", env._("Call: the trial is not used"), deadline_days=1)
    unused = [
        mail(env, "free_trial", "nudge", env._("Nudge")),
        _until_login(env, "still", {"days": 2}, [], [call]),
    ]
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "custom", "name": "trial_started"}],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "order_confirmed", "window_days": 30},
        "steps": [
            mail(env, "free_trial", "start", env._("First steps")),
            _until_login(
                env,
                "login",
                {"hours": max(delay, 1)},
                [wait_days(1, key="day"), mail(env, "free_trial", "tips", env._("Three tips"))],
                unused,
            ),
            wait_days(4, key="half"),
            mail(env, "free_trial", "value", env._("Half-time")),
            wait_days(5, key="days"),
            mail(env, "free_trial", "ends", env._("Two days left")),
            wait_days(3, key="over"),
            mail(env, "free_trial", "last", env._("Go on where you stopped")),
        ],
    }
