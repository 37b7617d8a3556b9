import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const isState = (label) => ({
    content: `The workflow is ${label}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${label})`,
});
const click = (trigger) => ({ trigger, run: "click" });
const confirm = () => click(".modal .modal-footer .btn-primary");
const openSteps = () => click(".o_form_view .nav-link:contains(Steps)");

tours.add("mail_workflow_life", {
    steps: () => [
        click(".o_list_button_add"),
        { trigger: ".o_mail_workflow_gallery input[type=search]", run: "edit cart" },
        {
            content: "What the search does not find is gone",
            trigger: ".o_mail_workflow_gallery:not(:has([data-recipe=welcome]))",
        },
        click(".o_mail_workflow_gallery_card[data-recipe=abandoned_cart]"),
        { trigger: ".modal .o_field_widget[name=delay] input:value(24)" },
        click(".modal button[name=action_make]"),
        {
            content: "The draft is drawn",
            trigger: ".o_mail_workflow_flow .o_mail_workflow_card:contains(Last reminder)",
        },
        click(".o_mail_workflow_tabs button[name=settings]"),
        openSteps(),
        click("[name=step_ids] .o_data_row .o_data_cell:contains(24 hours)"),
        { trigger: ".o_field_widget[name=wait_count] input", run: "edit 48" },
        click(".o_form_button_save"),
        { trigger: ".o_form_saved, .o_form_view:not(.o_form_dirty) .o_field_widget[name=wait_count]" },
        click(".breadcrumb-item:last a, .o_breadcrumb .o_back_button a"),
        openSteps(),
        { trigger: "[name=step_ids] .o_data_row:contains(48 hours)" },
        click("button[name=action_open_start]"),
        click(".modal .o_field_widget[name=include_existing] input[data-value=existing]"),
        { trigger: ".modal .alert-warning:contains(2 match already and come in at once)" },
        click(".modal button[name=action_start]"),
        isState("Running"),
        click("button[name=action_pause]"),
        isState("Paused"),
        click("button[name=action_resume]"),
        isState("Running"),
        click("button[name=action_stop]"),
        confirm(),
        isState("Stopped"),
    ],
});

tours.add("mail_workflow_new_step", {
    steps: () => [
        openSteps(),
        click("[name=step_ids] .o_field_x2many_list_row_add a:contains(Add a step)"),
        { trigger: ".o_field_widget[name=name] input", run: "edit Offer help" },
        click(".o_field_widget[name=kind] input"),
        click(".o_select_menu_item:contains(E-mail)"),
        click("[name=text_ids] .o_field_x2many_list_row_add a"),
        { trigger: "[name=text_ids] .o_field_widget[name=subject] input", run: "edit Can we help?" },
        click(".o_form_button_save"),
        { trigger: "button[name=action_remove]:contains(Remove This Step)" },
        click("button[name=action_open_designer]"),
        { trigger: ".o_form_view .o_field_widget[name=body_arch]", content: "The designer is open" },
        click(".breadcrumb a:contains(Offer help)"),
        click(".breadcrumb a:contains(Two steps)"),
        openSteps(),
        { trigger: "[name=step_ids] .o_data_row:last:contains(Offer help):contains(Can we help?)" },
    ],
});

tours.add("mail_workflow_take_out", {
    steps: () => [
        { trigger: ".o_data_row .badge:contains(Active)" },
        click("thead .o_list_record_selector input"),
        click("button[name=action_take_out]"),
        confirm(),
        { trigger: ".o_data_row .badge:contains(Left)" },
        { trigger: ".o_list_view:not(:has(.badge:contains(Active)))" },
    ],
});

tours.add("mail_workflow_person", {
    steps: () => [
        click("button[name=action_view_workflow_mails]"),
        { trigger: ".o_data_row:contains(Your cart waits)" },
        click(".breadcrumb .o_back_button, .o_breadcrumb .o_back_button a, .breadcrumb a:last"),
        click("button[name=action_view_workflow_runs]"),
        click(".o_data_row .o_data_cell:contains(ada@customer.example.com)"),
        click("button[name=action_block_person]"),
        confirm(),
        { trigger: ".o_form_view .o_arrow_button_current:contains(Left)" },
    ],
});
