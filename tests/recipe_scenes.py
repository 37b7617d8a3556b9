"""How each recipe is played: what a person does, and what comes of it."""

from datetime import date, timedelta

from odoo.fields import Command

from .recipe_common import Scene, click


def person_of(case, person):
    return person


def order(case, person, **values):
    """Confirm an order of the shop."""
    ordered = case.cart(person, **values)
    ordered.action_confirm()
    ordered.date_order = case.now
    return ordered


def order_with_alternatives(case, person):
    case.product.alternative_product_ids = case.other_product.product_tmpl_id
    return order(case, person)


def lead(case, person):
    return case.env["crm.lead"].create(
        {"name": "Twenty desks", "partner_id": person.id, "type": "opportunity"}
    )


def event(name):
    def begin(case, person):
        case.emit("custom", partner=person, data={"name": name})
        return person

    return begin


def subscribe(case, person):
    contact = case.env["mailing.contact"].create({"name": person.name, "email": person.email})
    case.env["mailing.subscription"].create(
        {"contact_id": contact.id, "list_id": case.list.id, "opt_out": False}
    )
    return person


def quote(case, person):
    quotation = case.cart(person, website_id=False, validity_date=case.now.date() + timedelta(30))
    case.env.cr.flush()
    quotation.action_quotation_sent()
    return quotation


def bought_monthly(case, person):
    for days in (45, 15):
        bought = order(case, person)
        bought.date_order = case.now - timedelta(days=days)


def bought_long_ago(case, person):
    case.env.flush_all()
    case.env.cr.execute(
        "UPDATE res_partner SET create_date = %s WHERE id = %s", ["2025-01-01", person.id]
    )
    bought = order(case, person)
    bought.date_order = case.now - timedelta(days=89, hours=23)


def three_orders(case, person):
    for _number in range(3):
        order(case, person)
    return person


def born(case, person):
    person.birthday = date(1990, 3, 4)


def downloaded(case, person):
    case.emit("content_downloaded", partner=person)


def score(case, person):
    case.emit("score_crossed", partner=person, data={"before": 0, "after": 60})


def complain(case, person):
    claim = case.env["crm.lead"].create(
        {"name": "Broken lamp", "partner_id": person.id, "email_from": person.email}
    )
    case.emit("form_submitted", record=claim, partner=person, data={"model": "crm.lead"})
    return claim


def choose(position):
    """Return an act: a person picks an outcome of a decision, by its place."""

    def act(case, _begun, run):
        task = case.env["mail.activity"].search([("workflow_enrollment_id", "=", run.id)], limit=1)
        names = run.step_id._decision_names()
        task.with_user(task.user_id).action_workflow_decide(names[position])

    return act


def invoice(kind, amount=100.0, **values):
    def begin(case, person):
        moves = case.env["account.move"]
        return moves.create(
            {
                "move_type": kind,
                "partner_id": person.id,
                "invoice_date": case.now.date(),
                "invoice_line_ids": [
                    Command.create({"name": "Desk", "price_unit": amount, "tax_ids": [(5,)]})
                ],
                **values,
            }
        )

    return begin


def due_invoice(case, person):
    due = case.now.date() + timedelta(days=1)
    posted = invoice("out_invoice", invoice_date_due=due)(case, person)
    posted.action_post()
    return posted


def employee(case, _person):
    return case.env["hr.employee"].create({"name": "Eve"})


def request(case, person):
    line = {"product_id": case.product.id, "product_qty": 20, "price_unit": 40.0}
    return case.env["purchase.order"].create(
        {"partner_id": person.id, "order_line": [Command.create(line)]}
    )


def nothing(case, _person):
    return None


def log_in(case, person, _run):
    case.emit("custom", partner=person, data={"name": "logged_in"})


def with_code(case):
    return {"program": case.program}


SERIES = "guide wait2 need wait3 mistakes wait4 story wait5 feedback wait6 webinar wait7"
TRIAL_END = "half value days ends over last"
SCENES = {
    "welcome": [Scene(subscribe, "welcome days morning discover")],
    "welcome_b2b": [
        Scene(lead, "hello days morning questions clicked call_me"),
        Scene(
            lead,
            "hello days morning questions clicked call",
            acts={"clicked": click("questions")},
        ),
    ],
    "newsletter_opt_in": [
        Scene(
            subscribe,
            "off confirm confirm_clicked on welcome",
            acts={"confirm_clicked": click("confirm")},
        ),
        Scene(
            subscribe,
            "off confirm confirm_clicked remind remind_clicked ~silent",
            state="exited",
        ),
    ],
    "abandoned_cart": [
        Scene(lambda case, person: case.cart(person), "remind day last", days=1.01),
        Scene(
            lambda case, person: case.cart(person),
            "remind day code gift",
            answers=with_code,
            days=1.01,
        ),
    ],
    "abandoned_quotation": [Scene(quote, "days questions answer call end workday expires")],
    "cross_sell": [Scene(order, "days morning matching week last")],
    "upsell": [
        Scene(order_with_alternatives, "days morning step clicked"),
        Scene(
            order_with_alternatives,
            "days morning step clicked look advice",
            acts={"clicked": click("step")},
        ),
    ],
    "replenishment": [Scene(bought_monthly, "time due last", days=10.1)],
    "vip": [
        Scene(three_orders, "days morning thanks call"),
        Scene(three_orders, "days morning code gift call", answers=with_code),
    ],
    "first_purchase": [
        Scene(order, "morning welcome weeks ideas"),
        Scene(order, "morning welcome weeks code gift", answers=with_code),
    ],
    "thanks": [Scene(order, "morning thanks days fine")],
    "review_request": [
        Scene(order, "days morning ask clicked remind"),
        Scene(order, "days morning ask clicked", acts={"clicked": click("ask")}),
    ],
    "win_back": [
        Scene(bought_long_ago, "morning miss week best", days=0.1),
        Scene(
            bought_long_ago, "morning miss week code gift days ends", answers=with_code, days=0.1
        ),
    ],
    "lead_magnet": [
        Scene(downloaded, f"{SERIES} offer"),
        Scene(downloaded, f"{SERIES} code gift", answers=with_code),
    ],
    "free_trial": [
        Scene(event("trial_started"), f"start login nudge still call {TRIAL_END}"),
        Scene(event("trial_started"), f"start login day tips {TRIAL_END}", acts={"login": log_in}),
    ],
    "lead_nurturing": [
        Scene(lead, "days morning hello days2 interest example days3 last"),
        Scene(
            lead,
            "days morning hello days2 interest details days3 last",
            acts={"days2": click("hello")},
        ),
    ],
    "hot_lead": [Scene(score, "lead call")],
    "birthday": [
        Scene(born, "wishes", days=2),
        Scene(born, "code gift weeks ends", answers=with_code, days=2),
    ],
    "complaint": [
        Scene(
            complain,
            "received decide pay refund week settled",
            acts={"decide": choose(0)},
        ),
        Scene(
            complain,
            "received decide send exchange week settled",
            acts={"decide": choose(1)},
        ),
        Scene(complain, "received decide call week settled", acts={"decide": choose(2)}),
        Scene(complain, "received decide none", acts={"decide": choose(3)}),
    ],
    "purchase_request": [
        Scene(request, "decide order", acts={"decide": choose(0)}, people=False),
        Scene(request, "decide tell", acts={"decide": choose(2)}, people=False),
    ],
    "supplier_invoice": [
        Scene(invoice("in_invoice"), "check large pay", people=False),
        Scene(
            invoice("in_invoice", 5000.0),
            "check large release pay",
            acts={"release": choose(0)},
            people=False,
        ),
        Scene(
            invoice("in_invoice", 5000.0),
            "check large release return ~refused",
            acts={"release": choose(1)},
            people=False,
            state="exited",
        ),
    ],
    "invoice_reminder": [Scene(due_invoice, "first week second second_week call", days=6.1)],
    "new_employee": [
        Scene(employee, "prepare plan week first_talk month month_talk", people=False)
    ],
    "month_end": [Scene(nothing, "documents book check report", people=False, days=29.5)],
    "weekly_pipeline": [Scene(nothing, "review wednesday follow", people=False, days=7)],
    "big_order": [
        Scene(lambda case, person: order(case, person, quantity=50), "tell thank", people=False)
    ],
}
