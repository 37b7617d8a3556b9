import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

registry.category("website.form_editor_actions").add("request_content", {
    formFields: [
        {
            name: "name",
            fillWith: "name",
            string: _t("Your Name"),
            type: "char",
        },
        {
            name: "email",
            modelRequired: true,
            fillWith: "email",
            string: _t("Your Email"),
            type: "email",
        },
        {
            name: "consent",
            modelRequired: true,
            string: _t("I would like to get mail about this"),
            type: "boolean",
        },
    ],
    fields: [
        {
            name: "content_id",
            relation: "mail.workflow.content",
            required: true,
            string: _t("Content"),
            type: "many2one",
        },
    ],
});
