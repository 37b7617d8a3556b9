"""What the mission asks for, sentence by sentence, and the test that plays it with real records."""

import ast

from dev.paths import ROOT

TRIGGERS = {
    "a form is submitted": "test_trigger_lists::test_a_form_sent_brings_its_sender_in",
    "the newsletter": "test_trigger_lists::test_a_newsletter_box_brings_the_subscriber_in",
    "a cart is left for 24, then 48 hours": "test_story::test_one_abandoned_cart_is_won_back",
    "a purchase, then a request for a review": (
        "test_trigger_sales::test_purchase_then_a_wait_then_the_request_for_a_review"
    ),
    "a birthday": "test_birthday::test_wishes_come_once_a_year",
    "inactive": "test_trigger_inactive::test_win_back_of_who_has_not_ordered_for_thirty_days",
    "purchase intent from the history": (
        "test_trigger_replenishment::"
        "test_purchase_intent_from_history_is_the_median_of_their_own_intervals"
    ),
    "a supplier's invoice is received": (
        "test_trigger_sales::test_supplier_invoice_received_gives_somebody_the_task_to_check_it"
    ),
    "a purchase request": (
        "test_trigger_record_changed::test_purchase_request_gives_the_buyer_a_task"
    ),
    "a new employee, IT and HR at once": ("test_people_hr::test_it_and_hr_get_their_tasks_at_once"),
    "a weekly task": "test_step_task_process::test_weekly_task_is_a_new_one_each_time",
    "the month's end": "test_step_task_process::test_month_end_goes_from_one_desk_to_the_next",
    "visits of the blog": "test_trigger_page_viewed::test_third_visit_of_the_blog_within_a_week",
    "seconds on the pricing page": (
        "test_trigger_page_dwelled::test_seconds_on_the_pricing_page_bring_a_customer_in"
    ),
    "a white paper is downloaded": "test_content::test_from_the_page_to_the_next_step",
    "a trial is not used": (
        "test_trigger_sales::test_who_started_a_trial_and_did_not_log_in_for_a_week_is_written_to"
    ),
}
ACTIONS = {
    "a task is done, the next person gets theirs": (
        "test_step_task::test_next_persons_task_comes_when_one_is_done"
    ),
    "a person decides the way": "test_step_decision::test_person_decides_the_way",
    "no coupon for the one who abandons every week": (
        "test_step_coupon::test_who_abandons_every_week_gets_one_code_and_then_none"
    ),
}


def test_each_sentence_of_the_mission_is_played():
    for sentence, test in {**TRIGGERS, **ACTIONS}.items():
        file, name = test.split("::")
        tree = ast.parse((ROOT / "tests" / f"{file}.py").read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names, f"{sentence}: {test}"
