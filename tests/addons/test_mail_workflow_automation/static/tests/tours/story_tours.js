import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const CARD = ".o_mail_workflow_card";
const PANEL = ".o_mail_workflow_panel";
const PALETTE = ".o_mail_workflow_palette";
const click = (trigger) => ({ trigger, run: "click" });
const plus = (words) => `.o_mail_workflow_plus[title*="${words}"]`;
const branch = (label) => `.o_mail_workflow_branch:contains(${label})`;
const saved = { trigger: ".o_mail_workflow_flow:has(.o_mail_workflow_saving:empty)" };
const back = () => click(".breadcrumb-item:last a, .o_breadcrumb .o_back_button a");
const closePanel = () => click(`${PANEL} [aria-label=Close]`);

tours.add("mail_workflow_story_build", {
    steps: () => [
        click(".o_mail_workflow_gallery_card[data-recipe=abandoned_cart]"),
        click(".modal button[name=action_make]"),
        // the delay
        click(`${CARD}.o_pill:contains(24 hours)`),
        { trigger: `${PANEL} .o_field_widget[name=wait_count] input`, run: "edit 36" },
        click(`${PANEL} .o_panel_head h2`),
        { trigger: `${CARD}.o_pill:contains(36 hours)` },
        // the text
        click(`${CARD}:contains(Your cart is waiting)`),
        click(`${PANEL} [name=text_ids] .o_data_row:first [name=subject]`),
        {
            trigger: `${PANEL} [name=text_ids] [name=subject] input`,
            run: "edit We kept your cart",
        },
        {
            trigger: `${PANEL} [name=text_ids] [name=preview] input`,
            run: "edit Both lamps are still in it",
        },
        click(`${PANEL} .o_panel_head h2`),
        { trigger: `${CARD}:contains(We kept your cart)` },
        closePanel(),
        // a branch: a card is dragged into it, then all of it to the other side
        click(plus("after “Wait”")),
        { trigger: `${PALETTE} input`, run: "edit Split" },
        click(`${PALETTE} .o_current:contains(Split)`),
        { trigger: `${PANEL} h2:contains(Split)` },
        closePanel(),
        { trigger: `${CARD}:contains(Last reminder)`, run: `drag_and_drop ${plus("branch “a”")}` },
        { trigger: plus("after “Last reminder”") },
        { trigger: branch("a"), run: `drag_and_drop ${plus("branch “b”")}` },
        { trigger: `${plus("branch “a”")}` },
        saved,
        // tried out
        click("button[name=simulate]"),
        { trigger: ".o_mail_workflow_simulation_record input", run: "edit S0" },
        click(".o-autocomplete--dropdown-item:contains(S0):first"),
        { trigger: ".o_mail_workflow_simulated_mail h2:contains(We kept your cart)" },
        { trigger: ".o_mail_workflow_simulated_step .badge" },
        back(),
        // started
        click("button[name=start]"),
        click(".modal .o_field_widget[name=include_existing] input[data-value=existing]"),
        { trigger: ".modal .alert-warning:contains(2 match already and come in at once)" },
        click(".modal button[name=action_start]"),
        { trigger: ".o_mail_workflow_state:contains(Running · revision 1)" },
        { trigger: `${CARD} .o_figure_entered:contains(2 in)` },
    ],
});

tours.add("mail_workflow_story_figures", {
    steps: () => [
        // figures appear, and lead to the people behind them
        { trigger: `${CARD} .o_figure_active:contains(1 now)` },
        click(`${CARD}:contains(Your cart is waiting) .o_figure_sent:contains(2 sent)`),
        { trigger: ".o_list_view .o_data_row:contains(ada@customer)" },
        { trigger: ".o_list_view .o_data_row:contains(grace@customer)" },
        { trigger: ".o_list_view:not(:has(.o_data_row:eq(2)))" },
        back(),
        click(`${CARD}.o_pill .o_figure_waiting:contains(1 here)`),
        { trigger: ".o_list_view .o_data_row:contains(grace@customer)" },
        { trigger: ".o_list_view:not(:has(.o_data_row:eq(1)))" },
        back(),
        // a running workflow is changed in a draft, and published with a choice
        click(`${CARD}.o_pill`),
        click(`${PANEL} .o_locked button`),
        { trigger: `${PANEL} .o_field_widget[name=wait_count] input`, run: "edit 48" },
        click(`${PANEL} .o_panel_head h2`),
        { trigger: `${CARD}.o_change_changed:contains(48 hours)` },
        click("button[name=publish]"),
        { trigger: ".modal .o_change_what:contains(36 hours → 48 hours)" },
        { trigger: ".modal legend:contains(1 person stands here)" },
        click(".modal input[value=apply]"),
        click(".modal button[name=publish]"),
        { trigger: ".o_mail_workflow_state:contains(Running · revision 2)" },
        { trigger: ".o_mail_workflow_flow:not(:has(button[name=publish]))" },
    ],
});
