import { registry } from "@web/core/registry";

const click = (trigger) => ({ trigger, run: "click" });
const type = (trigger, text) => ({ trigger, run: `edit ${text} && press Tab` });
const choose = (place, label) => [
    click(`${place} .o_select_menu_toggler`),
    click(`.o_select_menu_item:contains(${label})`),
];
const openStep = (label) => [
    click(".o_form_view .nav-link:contains(Steps)"),
    click(`[name=step_ids] .o_data_row .o_data_cell:contains(${label})`),
];
const save = () => [
    click(".o_form_button_save"),
    { trigger: ".o_form_view:not(:has(.o_form_button_save:visible))" },
];
const back = () => click(".breadcrumb a:contains(Story), .o_breadcrumb a:contains(Story)");

const WAIT = ".o_field_widget[name=wait_events]";
const EXITS = ".o_field_widget[name=exit_events]";

registry.category("web_tour.tours").add("mail_workflow_editors", {
    steps: () => [
        // a condition with three ways: a domain, an event with a filter, who is left
        ...openStep("Ask"),
        click("[data-name=yes] a:contains(New Rule)"),
        { trigger: "[data-name=yes] .o_tree_editor_condition" },
        { trigger: "[data-name=yes] .o_multi_record_selector input", run: "edit Belgium" },
        click(".o-autocomplete--dropdown-item:contains(Belgium)"),
        type("[data-name=yes] .o_mail_workflow_way_name", "Belgians"),
        click(".o_mail_workflow_way_add"),
        type("[data-name='Way 2'] .o_mail_workflow_way_name", "Interested"),
        click("[data-name=Interested] .o_mail_workflow_ask_event"),
        ...choose("[data-name=Interested] .o_mail_workflow_event_kind", "Link in a mail clicked"),
        ...choose("[data-name=Interested] [data-filter=step]", "First reminder"),
        type("[data-name=Interested] .o_mail_workflow_event_days input", "3"),
        { trigger: ".o_mail_workflow_rest:contains(Otherwise)" },
        ...save(),
        back(),
        // a wait for the first of two events
        ...openStep("Hold on"),
        click(".o_field_widget[name=wait_mode] input[data-value=events]"),
        click(`${WAIT} .o_mail_workflow_events_add`),
        ...choose(`${WAIT} .o_mail_workflow_events_row:last`, "Mail answered"),
        click(`${WAIT} .o_mail_workflow_events_add`),
        ...choose(`${WAIT} .o_mail_workflow_events_row:last`, "Order confirmed"),
        type(`${WAIT} .o_mail_workflow_events_row:last [data-filter=min_amount] input`, "50"),
        type(`${WAIT} .o_mail_workflow_events_row:last label:contains(Goes the way) input`, "Bought"),
        ...save(),
        back(),
        // the goal, and an exit
        click(".o_form_view .nav-link:contains(Goal)"),
        ...choose(".o_field_widget[name=goal_event]", "Order confirmed"),
        type(".o_field_widget[name=goal_event] .o_mail_workflow_event_days input", "7"),
        click(`${EXITS} .o_mail_workflow_events_add`),
        ...choose(`${EXITS} .o_mail_workflow_events_row:last`, "Custom event"),
        type(`${EXITS} input[placeholder='e.g. trial_started']`, "left_town"),
        ...save(),
    ],
});
