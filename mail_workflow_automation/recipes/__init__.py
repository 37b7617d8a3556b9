"""Recipes: ready workflows, one file each, in the file format.

A recipe is a module of this folder:

name                    what it is
----------------------  ------------------------------------------------------------------------
KEY                     its name in code
GOAL                    one of ``goals``, where the gallery shows it
NEEDS                   what must be there, a tuple of ``("module", name)``, without which it is not
                        made; ``("list",)`` and ``("program",)``, which can be made later
ASKS                    what is asked before it is made, a tuple of ``sender, list, delay``
label(env)              its name in the gallery, and of the draft
description(env)        what it does, a sentence or two
effect(env)             what to expect of it, a sentence
delay(env)              ``(unit, default)``, where it asks for the delay
definition(env, delay)  the file; without ``delay`` where it does not ask for it
"""

from . import abandoned_cart, welcome

RECIPES = {module.KEY: module for module in (abandoned_cart, welcome)}


def goals(env):
    """Return ``{goal: label}`` in the order of the gallery."""
    return {
        "welcome": env._("Welcome people"),
        "cart": env._("Win carts back"),
        "sell": env._("Sell more to customers"),
        "win_back": env._("Win people back"),
        "lead": env._("Turn leads into customers"),
        "occasion": env._("Events and occasions"),
        "team": env._("Work together"),
    }
