"""Recipes: ready workflows, one file each, in the file format.

A recipe is a module of this folder:

name                      what it is
------------------------  ----------------------------------------------------------------------
GOAL                      one of ``goals``, where the gallery shows it
NEEDS                     what must be there, a tuple of ``("module", name)`` and ``("group",
                          external id)``, without which it is not made; ``("list",)`` and
                          ``("program",)``, which can be made later
ASKS                      what is asked before it is made, a tuple of ``sender, list, delay,
                          program, newsletter``
label(env)                its name in the gallery, and of the draft
description(env)          what it does, a sentence or two
effect(env)               what to expect of it, a sentence
delay(env)                ``(unit, default)``, where it asks for the delay
definition(env, ...)      the file; it is given what it asks for: ``delay`` a number, ``program``
                          and ``newsletter`` the name of a record or None

Its key is the name of its file. Mails: see ``texts``. A glue addon adds recipes by
``mail.workflow._recipes``.
"""

from . import (
    abandoned_cart,
    abandoned_quotation,
    big_order,
    birthday,
    complaint,
    cross_sell,
    first_purchase,
    free_trial,
    hot_lead,
    invoice_reminder,
    lead_magnet,
    lead_nurturing,
    month_end,
    new_employee,
    newsletter_opt_in,
    purchase_request,
    replenishment,
    review_request,
    supplier_invoice,
    thanks,
    upsell,
    vip,
    weekly_pipeline,
    welcome,
    welcome_b2b,
    win_back,
)

# in the order of the gallery, within a goal
RECIPES = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        *(welcome, welcome_b2b, newsletter_opt_in),
        *(abandoned_cart, abandoned_quotation),
        *(cross_sell, upsell, replenishment, vip),
        *(first_purchase, thanks, review_request),
        win_back,
        *(lead_magnet, free_trial, lead_nurturing, hot_lead),
        birthday,
        *(complaint, purchase_request, supplier_invoice, invoice_reminder),
        *(new_employee, month_end, weekly_pipeline, big_order),
    )
}


def goals(env):
    """Return ``{goal: label}`` in the order of the gallery."""
    return {
        "welcome": env._("Welcome people"),
        "cart": env._("Win carts back"),
        "sell": env._("Sell more to customers"),
        "care": env._("After the purchase"),
        "win_back": env._("Win people back"),
        "lead": env._("Turn leads into customers"),
        "occasion": env._("Events and occasions"),
        "team": env._("Work together"),
    }
