import { registry } from "@web/core/registry";

const click = (trigger) => ({ trigger, run: "click" });
const row = (place, words) => ({
    trigger: `.o_list_view .o_data_row:eq(${place}):contains(${words})`,
});

registry.category("web_tour.tours").add("mail_workflow_hottest", {
    steps: () => [
        row(0, "Chairs"),
        { trigger: ".o_data_row:eq(0) [name=lead_score]:contains(105)" },
        { trigger: ".o_data_row:eq(0) [name=lead_grade]:contains(A, hot)" },
        row(1, "Lamps"),
        row(2, "Tables"),
        click(".o_list_view th[data-name=lead_score]"),
        { ...row(0, "Lamps"), content: "After descending comes Odoo's own order" },
        click(".o_list_view th[data-name=lead_score]"),
        row(0, "Tables"),
        click(".o_list_view th[data-name=lead_score]"),
        row(0, "Chairs"),
        click(".o_switch_view.o_kanban"),
        {
            content: "The hottest is on top of its stage",
            trigger: ".o_kanban_group .o_kanban_record:eq(0):contains(Chairs):contains(105)",
        },
        { trigger: ".o_kanban_group .o_kanban_record:eq(1):contains(Lamps):contains(25)" },
        click(".o_searchview_dropdown_toggler"),
        click(".o_group_by_menu .o_menu_item:contains(Grade)"),
        click(".o_searchview_dropdown_toggler"),
        { trigger: ".o_kanban_group:contains(A, hot) .o_kanban_record:contains(Chairs)" },
        { trigger: ".o_kanban_group:contains(D, warm) .o_kanban_record:contains(Lamps)" },
        click(".o_kanban_record:contains(Chairs)"),
        click(".o_form_view .oe_stat_button:contains(105):contains(A, hot)"),
        { trigger: ".modal .o_mail_workflow_score:contains(Met at the fair):contains(+60)" },
        {
            content: "Scores are changed by those who do workflows",
            trigger: ".modal-footer:not(:contains(Change Score))",
        },
        click(".modal-footer button:contains(Close)"),
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o-mail-Activity:contains(Call while it is hot)" },
        click(".o-mail-Activity-markDone"),
        click(".o-mail-ActivityMarkAsDone button[aria-label=Done]"),
        { trigger: ".o-mail-Chatter:not(:has(.o-mail-Activity))" },
    ],
});

const PREVIEW = ".o_mail_workflow_score_preview";

registry.category("web_tour.tours").add("mail_workflow_score_preview", {
    steps: () => [
        click(`${PREVIEW} button:contains(Preview)`),
        { trigger: `${PREVIEW} [data-name=hot_from] .o_now:contains(1)` },
        { trigger: `${PREVIEW} p:contains(Nobody gets another grade)` },
        { trigger: ".o_field_widget[name=hot_from] input", run: "edit 25 && press Tab" },
        { trigger: `${PREVIEW} [data-name=hot_from] .o_then:contains(2)` },
        { trigger: `${PREVIEW} [data-name=hot_from] .o_up:contains(+1)` },
        { trigger: `${PREVIEW} figure[data-name=engagement] .o_mark text:contains(25)` },
        { trigger: `${PREVIEW} .o_movers li:contains(Bob):contains(D, hot)` },
        { trigger: ".o_field_widget[name=hot_from] input", run: "edit 15 && press Tab" },
        { trigger: `${PREVIEW} [role=alert]:contains(hot begins above warm)` },
        click(".o_form_button_cancel"),
        { trigger: `${PREVIEW} p:contains(Nobody gets another grade)` },
    ],
});

const SUGGESTED = ".o_field_widget[name=suggestion_ids] .o_data_row:contains(/pricing)";

registry.category("web_tour.tours").add("mail_workflow_suggest_rules", {
    steps: () => [
        click(".o_list_view button:contains(Suggest Rules)"),
        { trigger: ".o_form_view [name=people]:contains(won):contains(lost)" },
        { trigger: ".o_form_view [name=message]:contains(newest are held back)" },
        { trigger: `${SUGGESTED} [name=of_won]:contains(%):contains(of)` },
        { trigger: `${SUGGESTED} [name=of_lost]:contains(%):contains(of)` },
        { trigger: `${SUGGESTED} [name=lift_text]:contains(times):contains(to)` },
        { trigger: ".o_data_row [name=name]:contains(Country: Belgium)" },
        click(`${SUGGESTED} button[name=action_add]`),
        { content: "It is marked as there", trigger: `${SUGGESTED}:not(:has([name=action_add]))` },
        click(`${SUGGESTED} button[name=action_open_rule]`),
        { trigger: ".o_form_view .o_field_widget[name=repeat]" },
        { trigger: ".breadcrumb-item:contains(Suggest Rules)" },
    ],
});

const REPORT = ".o_mail_workflow_score_test";
const RESULT = (name) => `${REPORT} .o_result:has(h3:contains(${name}))`;

registry.category("web_tour.tours").add("mail_workflow_test_rules", {
    steps: () => [
        click(".o_list_view button:contains(Test the Rules)"),
        { trigger: `${REPORT} p:contains(180 leads):contains(newest)` },
        { trigger: `${RESULT("Lead score")} .display-6:contains(0.)` },
        { trigger: `${RESULT("Lead score")} .o_interval:contains( to )` },
        { trigger: `${RESULT("Lead score")} tbody tr:eq(0):contains(%)` },
        { trigger: `${RESULT("predictive")} .display-6:contains(0.)` },
        { trigger: `${RESULT("predictive")} tbody tr:eq(0):contains(%)` },
        click(".o_field_widget[name=past] input[data-value=orders]"),
        click("button[name=action_look]"),
        { trigger: ".o_form_view [name=message]:contains(too few to test)" },
        { trigger: `.o_form_view:not(:has(${REPORT}))` },
    ],
});
