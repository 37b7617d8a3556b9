import { Component } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { PublishDialog } from "../publish_dialog/publish_dialog";

const SIMULATION = "mail_workflow_simulation";

/** The buttons above the drawing: publish, try, start, pause, stop. */
export class FlowBar extends Component {
    static template = "mail_workflow_automation.FlowBar";
    static components = { Dropdown, DropdownItem };
    static props = { session: Object, tick: Number, flush: Function };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
    }

    get flow() {
        return this.props.session.flow;
    }

    get changeCount() {
        return this.flow.changes?.count || 0;
    }

    get canSimulate() {
        return registry.category("actions").contains(SIMULATION);
    }

    get canStart() {
        return ["draft", "stopped"].includes(this.flow.state);
    }

    /** Call a method that changes how the workflow runs; show how it runs then. */
    async run(method) {
        const { session } = this.props;
        if (!(await session.save())) {
            return; // what cannot be saved stands in the notice
        }
        const action = await session.call(method);
        if (action?.type) {
            await this.action.doAction(action, { onClose: () => session.load() });
        } else {
            await session.load();
        }
    }

    stop() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Stop the workflow"),
            body: _t("Everybody who is in it leaves at once. Pause it to keep their place."),
            confirmLabel: _t("Stop"),
            confirm: () => this.run("action_stop"),
            cancel: () => {},
        });
    }

    async simulate() {
        const { session } = this.props;
        if (!(await session.save())) {
            return;
        }
        this.action.doAction({
            type: "ir.actions.client",
            tag: SIMULATION,
            name: _t("Simulation"),
            params: { workflow_id: session.workflowId },
        });
    }

    async publish() {
        if (await this.props.flush()) {
            this.dialog.add(PublishDialog, { session: this.props.session });
        }
    }

    discard() {
        const { session } = this.props;
        this.dialog.add(ConfirmationDialog, {
            title: _t("Discard the changes"),
            body: _t("The drawing is as it runs again; what was changed is lost."),
            confirmLabel: _t("Discard changes"),
            confirm: () => session.discard(),
            cancel: () => {},
        });
    }
}
