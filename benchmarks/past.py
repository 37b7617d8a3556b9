"""Rules that the past suggests, on pasts whose causes are known: seeds are fixed.

People who read much read everything, the page with the prices too: that a page is read by those
who buy does not make it a cause. Each past has far more noise than causes.
"""

import math
import random
from dataclasses import dataclass, field
from datetime import timedelta

from benchmarks.figure import counted

# what decides, in log-odds, how many do it, and whether those do who do much of everything
CAUSES = {
    ("page_viewed", "/pricing"): (1.6, 0.3, True),
    ("form_submitted", "/contactus"): (1.2, 0.2, True),
    ("custom", "trial_started"): (2.0, 0.12, False),
    ("email_unsubscribed", None): (-1.3, 0.12, False),
    ("country", "BE"): (1.0, 0.125, False),
}
COUNTRIES = ("BE", "FR", "DE", "NL", "LU", "ES", "IT", "PT")
SOURCES = tuple(f"Source {n}" for n in range(6))
NOISE = {
    **{("page_viewed", f"/blog/post-{n}"): 0.04 + 0.01 * n for n in range(25)},
    **{("page_viewed", f"/shop/product-{n}"): 0.05 + 0.02 * n for n in range(10)},
    **{("custom", f"noise_{n}"): 0.2 for n in range(5)},
    ("form_submitted", "/newsletter"): 0.3,
    ("form_submitted", "/question"): 0.1,
}
USUAL = -1.3
SEEDS = 40
NOISE_SEEDS = 100
ENGAGED = ("page_viewed", "form_submitted")


@dataclass(slots=True)
class Person:
    """Somebody of a made past."""

    is_won: bool
    country: str
    source: str
    did: set = field(default_factory=set)

    @property
    def facts(self):
        """Everything that is known, as the facts of a suggestion."""
        return {*self.did, ("country", self.country), ("source", self.source)}


def people(seed, count, *, is_noise=False):
    """Return a made past: who did what and was won; of noise nothing decides."""
    chance = random.Random(seed)
    return [_person(chance, is_noise) for _number in range(count)]


def _person(chance, is_noise):
    eager = chance.gauss(0, 1)
    one = Person(False, chance.choice(COUNTRIES), chance.choice(SOURCES))
    for key, (_worth, usual, is_of_eager) in CAUSES.items():
        if key[0] != "country" and chance.random() < _expit(usual, eager if is_of_eager else 0):
            one.did.add(key)
    for key, usual in NOISE.items():
        if chance.random() < _expit(usual, eager if key[0] in ENGAGED else 0):
            one.did.add(key)
    worth = USUAL + sum(found[0] for key, found in CAUSES.items() if key in one.facts)
    one.is_won = chance.random() < (0.4 if is_noise else 1 / (1 + math.exp(-worth)))
    return one


def _expit(usual, more):
    return 1 / (1 + math.exp(-(math.log(usual / (1 - usual)) + more)))


def facts_of(past):
    """Return a made past as ``suggest`` takes it: everybody, the won, the facts, the levels."""
    from odoo.addons.mail_workflow_automation.engine.suggestion import (  # noqa: PLC0415
        Fact,
        by_level,
        mask,
    )

    everybody = mask(range(len(past)))
    found = {}
    for place, one in enumerate(past):
        for key in one.facts:
            found.setdefault(key, []).append(place)
    facts = [Fact(key, everybody, mask(found[key])) for key in sorted(found, key=str)]
    won = mask(place for place, one in enumerate(past) if one.is_won)
    return everybody, won, facts, by_level([len(one.did) for one in past])


def suggested(past):
    """Return the suggestions for a made past."""
    from odoo.addons.mail_workflow_automation.engine.suggestion import suggest  # noqa: PLC0415

    return suggest(*facts_of(past))


def aucs(found, past, asked):
    """Return how well other people are told apart: by the points suggested, and by a logistic
    regression on all facts, which has learned from the same past."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (slow to load)
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    names = sorted({key for one in past for key in one.facts}, key=str)
    wins = [one.is_won for one in asked]
    rows = [[[key in one.facts for key in names] for one in some] for some in (past, asked)]
    model = LogisticRegression(max_iter=1000).fit(rows[0], [one.is_won for one in past])
    points = [sum(rule.points for rule in found if rule.key in one.facts) for one in asked]
    return roc_auc_score(wins, points), roc_auc_score(wins, model.decision_function(rows[1]))


def tried(seeds, count):
    """Return what became of pasts: ``{"all", "false", "found": share of causes, "behind": [how far
    behind the regression each was]}``."""
    total, false, found_causes, behind = 0, 0, 0, []
    for seed in range(seeds):
        past = people(seed, count)
        found = suggested(past)
        keys = {one.key for one in found}
        total += len(keys)
        false += len(keys - CAUSES.keys())
        found_causes += len(keys & CAUSES.keys())
        own, theirs = aucs(found, past, people(10_000 + seed, 2000))
        behind.append(theirs - own)
    return {
        "all": total,
        "false": false,
        "found": found_causes / (seeds * len(CAUSES)),
        "behind": behind,
    }


def silent(seeds, count):
    """Return in how many pasts of pure noise nothing was suggested."""
    return sum(not suggested(people(seed, count, is_noise=True)) for seed in range(seeds))


def measure(bench):
    """On the pure functions, and once through the database, as a Workflow user asks for it."""
    yield from bench.shop.run(_pure, size=bench.size(1000, least=400), seeds=SEEDS)
    yield bench.shop.run(_through_database, size=bench.size(3000, least=600))


def _pure(env, size, seeds):
    found = tried(seeds, size)
    behind = sorted(found["behind"])
    taken = {"rows": size, "rounds": seeds}
    return [
        counted(
            "past_false",
            found["false"] / max(found["all"], 1),
            reads="of the rules suggested are no cause",
            at_most=0.05,
            suggested=found["all"],
            **taken,
        ),
        counted(
            "past_found",
            found["found"],
            reads="of the causes are suggested",
            at_least=0.9,
            **taken,
        ),
        counted(
            "past_auc",
            sum(behind) / seeds,
            reads="of the AUC is lost to a logistic regression on the same facts",
            at_most=0.02,
            spread=[round(behind[0], 3), round(behind[-1], 3)],
            **taken,
        ),
        *(_noise(count) for count in (200, size)),
    ]


def _noise(count):
    return counted(
        f"past_noise_{count}",
        silent(NOISE_SEEDS, count) / NOISE_SEEDS,
        reads="of the pasts of pure noise suggest nothing",
        at_least=0.95,
        rows=count,
        rounds=NOISE_SEEDS,
    )


def _through_database(env, size):
    from odoo import fields  # noqa: PLC0415

    now = fields.Datetime.now()
    marketer = env["res.users"].search([("login", "=", "marketer")]) or _marketer(env)
    write(env, people(1, size), now)
    env = env(user=marketer.id)
    wizard = env["mail.workflow.score.suggest"].browse(
        env["mail.workflow.score.suggest"].action_open()["res_id"]
    )
    found = wizard.suggestion_ids.mapped("name")
    env.cr.rollback()
    return counted(
        "past_database",
        len(found) / len(CAUSES),
        reads="times as many rules are suggested from the database as there are causes",
        at_most=1.2,
        rows=size,
        found=found,
    )


def _marketer(env):
    group = env.ref("mail_workflow_automation.mail_workflow_group_user")
    return env["res.users"].create(
        {"name": "Marketer", "login": "past", "group_ids": [(6, 0, group.ids)]}
    )


# --- the past in the database ---------------------------------------------------------------------

DATA = {
    "page_viewed": lambda value: {"url": value},
    "form_submitted": lambda value: {
        "page": value,
        "model": "mailing.contact" if value == "/newsletter" else "crm.lead",
    },
    "custom": lambda value: {"name": value},
    "email_unsubscribed": lambda value: {},
}


def write(env, past, now, *, months=20, seed=0):
    """Write a made past: leads that were won or lost, one after the other, and what people did
    before it was decided; return the leads."""
    from psycopg2.extras import Json, execute_values  # noqa: PLC0415 (there with Odoo)

    chance = random.Random(seed)
    env["utm.source"].create([{"name": name} for name in SOURCES])
    sources = {one.name: one.id for one in env["utm.source"].search([("name", "in", SOURCES)])}
    countries = {one.code: one.id for one in env["res.country"].search([("code", "in", COUNTRIES)])}
    stages = env["crm.stage"].search([], order="sequence")
    first, last = stages[0].id, stages.filtered("is_won")[:1].id
    leads, events = [], []
    for number, one in enumerate(past):
        email = f"past{number}@customer.example.com"
        days = 30 * months * (1 - number / len(past)) + 90
        start = now - timedelta(days=days)
        closed = start + timedelta(days=chance.uniform(9, 60 if one.is_won else 80))
        leads.append(
            (
                *(f"Lead {number}", "opportunity", one.is_won, email, email, start, closed),
                *("won" if one.is_won else "lost", 100 if one.is_won else 0),
                *(100 if one.is_won else 0, last if one.is_won else first),
                *(countries[one.country], sources[one.source], env.company.id),
            )
        )
        for kind, value in sorted(one.did, key=str):
            at = start + timedelta(days=chance.uniform(-60, 6))
            events.append((kind, at, now, email, Json(DATA[kind](value)), "human"))
    env.flush_all()
    execute_values(
        env.cr._obj,
        "INSERT INTO crm_lead (name, type, active, email_from, email_normalized, create_date,"
        " date_closed, won_status, probability, automated_probability, stage_id, country_id,"
        " source_id, company_id) VALUES %s",
        leads,
    )
    execute_values(
        env.cr._obj,
        "INSERT INTO mail_workflow_event (kind, occurred_at, dispatched_at, email_normalized,"
        " data, verdict) VALUES %s",
        events,
    )
    env.invalidate_all()
    return env["crm.lead"].with_context(active_test=False).search([("name", "like", "Lead ")])
