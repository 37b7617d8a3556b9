import { registry } from "@web/core/registry";

const CARD = ".o_mail_workflow_card";
const PALETTE = ".o_mail_workflow_palette";
const PANEL = ".o_mail_workflow_panel";

const click = (trigger) => ({ trigger, run: "click" });
const pick = (label) => [
    { trigger: `${PALETTE} input`, run: `edit ${label}` },
    click(`${PALETTE} .o_current:contains(${label})`),
];
/** The plus that says so: “Add a step after …”. */
const plus = (words) => click(`.o_mail_workflow_plus[title*="${words}"]`);
const saved = { trigger: ".o_mail_workflow_flow:has(.o_mail_workflow_saving:empty)" };

registry.category("web_tour.tours").add("mail_workflow_drawing", {
    steps: () => [
        click(".o_data_row .o_data_cell:contains(Drawn cart)"),
        { trigger: `${CARD}:contains(Your cart waits)`, content: "The list opens the drawing" },
        click(`${CARD}.o_pill`),
        { trigger: `${PANEL} .o_field_widget[name=wait_count] input`, run: "edit 3" },
        click(`${PANEL} .o_panel_head h2`),
        { trigger: `${CARD}.o_pill:contains(3 days)`, content: "The form saves itself" },
        click(`${PANEL} [aria-label=Close]`),
        plus("after “Wait"),
        ...pick("Condition"),
        { trigger: ".o_mail_workflow_branch:contains(Yes)" },
        plus("branch “No”"),
        ...pick("Tag"),
        { trigger: `${PANEL} h2:contains(Tag)` },
        click(`${PANEL} [aria-label=Close]`),
        plus("branch “Yes”"),
        ...pick("E-mail"),
        { trigger: `${PANEL} [name=text_ids]`, content: "A step has its form once it is saved" },
        saved,
    ],
});
