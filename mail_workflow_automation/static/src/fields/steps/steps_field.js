import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

/**
 * The steps of a workflow. A step opens on a page of its own, saved by itself, so that its mail can
 * be designed and the next step knows where it stands.
 */
export class StepsField extends X2ManyField {
    async openRecord(record) {
        await this.openStep(record.resId);
    }

    async onAdd() {
        await this.openStep(false);
    }

    async openStep(stepId) {
        if (!(await this.props.record.save())) {
            return;
        }
        await this.action.doAction(
            {
                type: "ir.actions.act_window",
                name: stepId ? undefined : _t("New Step"),
                res_model: this.list.resModel,
                res_id: stepId,
                views: [[false, "form"]],
                context: { default_workflow_id: this.props.record.resId },
            },
            { props: { resIds: this.list.resIds } }
        );
    }
}

export const stepsField = { ...x2ManyField, component: StepsField };

registry.category("fields").add("mail_workflow_steps", stepsField);
