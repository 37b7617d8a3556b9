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
