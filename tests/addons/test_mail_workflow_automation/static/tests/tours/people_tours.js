import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("mail_workflow_decide", {
    steps: () => [
        { trigger: ".o-mail-Activity:contains(Do we grant the discount)" },
        {
            content: "It is done by its buttons only",
            trigger: ".o-mail-Activity:not(:has(.o-mail-Activity-markDone))",
        },
        { trigger: ".o_mail_workflow_outcome:contains(Approve)" },
        { trigger: ".o_mail_workflow_outcome:contains(Refuse)", run: "click" },
        { trigger: ".o-mail-Chatter:not(:has(.o_mail_workflow_outcome))" },
        { trigger: ".o-mail-Message:contains(Refuse)" },
    ],
});
