import { registry } from "@web/core/registry";
import { useDebounced } from "@web/core/utils/timing";
import { formView } from "@web/views/form/form_view";

const PAUSE = 600; // milliseconds without a change after which a form saves itself

/** A form that saves itself after each change, as far as what it says is complete. */
export class PanelFormController extends formView.Controller {
    static props = {
        ...formView.Controller.props,
        // (save) => calls it when nothing else is saved, and again reads what it changed
        saveRow: { type: Function, optional: true },
        onRowChanged: { type: Function, optional: true },
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
            await this.inTurn(() => root.save());
        }
    }

    /** What is typed in a field and not left yet, is saved, too. */
    async beforeLeave(options) {
        await this.model.root.isDirty();
        return super.beforeLeave(options);
    }

    save(params) {
        return this.inTurn(() => super.save(params));
    }

    /** Save when no edit of the drawing is being saved: both raise the version. */
    async inTurn(save) {
        if (!this.props.saveRow) {
            return save();
        }
        let answer;
        await this.props.saveRow(async () => {
            Object.assign(this, { isInTurn: true, isWritten: false });
            try {
                answer = await save();
            } finally {
                this.isInTurn = false;
            }
            return this.isWritten;
        });
        return answer;
    }

    async onRecordSaved(record, changes) {
        await super.onRecordSaved(record, changes);
        this.isWritten = true;
        if (!this.isInTurn) {
            this.props.onRowChanged?.();
        }
    }

    async afterExecuteActionButton(params) {
        await super.afterExecuteActionButton(params);
        this.props.onRowChanged?.();
    }
}

registry.category("views").add("mail_workflow_panel", {
    ...formView,
    Controller: PanelFormController,
});
