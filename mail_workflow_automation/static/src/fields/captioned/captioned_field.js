import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { CharField, charField } from "@web/views/fields/char/char_field";

/** A text in a list without a head: it says itself what it is. */
export class CaptionedField extends CharField {
    static template = "mail_workflow_automation.CaptionedField";

    get caption() {
        return this.props.record.fields[this.props.name].string;
    }
}

registry.category("fields").add("mail_workflow_captioned", {
    ...charField,
    component: CaptionedField,
    displayName: _t("Text with a caption"),
});
