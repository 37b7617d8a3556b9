import { registry } from "@web/core/registry";
import { useDebounced } from "@web/core/utils/timing";
import { formView } from "@web/views/form/form_view";

const PAUSE = 600; // milliseconds without a change after which a form saves itself

/** A form that saves itself after each change, as far as what it says is complete. */
export class PanelFormController extends formView.Controller {
    static props = {
        ...formView.Controller.props,
        onRowSaved: { type: Function, optional: true },
    };

    setup() {
        super.setup();
        this.saveSoon = useDebounced(() => this.saveIfComplete(), PAUSE);
    }

    get modelParams() {
        const params = super.modelParams;
        params.hooks.onRecordChanged = () => {
            this.saveSoon(); // not waited for: the record is locked until this returns
        };
        return params;
    }

    async saveIfComplete() {
        const { root } = this.model;
        if (root.isInEdition && (await root.isDirty()) && (await root.checkValidity())) {
            await root.save();
        }
    }

    async onRecordSaved(record, changes) {
        await super.onRecordSaved(record, changes);
        this.props.onRowSaved?.();
    }

    async afterExecuteActionButton(params) {
        await super.afterExecuteActionButton(params);
        this.props.onRowSaved?.();
    }
}

registry.category("views").add("mail_workflow_panel", {
    ...formView,
    Controller: PanelFormController,
});
