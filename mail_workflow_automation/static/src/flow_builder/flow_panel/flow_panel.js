import { Component, onMounted, onWillUnmount, useRef, useSubEnv } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useService } from "@web/core/utils/hooks";
import { CallbackRecorder, useSetupAction } from "@web/search/action_hook";
import { View, getDefaultConfig } from "@web/views/view";
import { parseItem } from "../flow_steps";
import { FlowHoldout } from "../flow_holdout/flow_holdout";
import { FlowPeople } from "../flow_people/flow_people";
import "./panel_form_view";

const MODULE = "mail_workflow_automation";

/** What stands at the side: Odoo's own form of a step, or of who comes in; saved by itself. */
export class FlowPanel extends Component {
    static template = "mail_workflow_automation.FlowPanel";
    static components = { FlowHoldout, FlowPeople, View };
    static props = {
        session: Object,
        tick: Number,
        item: String,
        register: Function,
        commands: Object,
    };

    setup() {
        this.action = useService("action");
        this.root = useRef("root");
        this.leaving = new CallbackRecorder();
        useSetupAction({ beforeLeave: () => this.flush() });
        const ui = useService("ui");
        // of the page, not of what was open when the panel came: the palette goes away after it
        useHotkey("escape", () => this.props.commands.closePanel(), {
            bypassEditableProtection: true,
            global: true,
            isAvailable: () => ui.activeElement === document,
        });
        useSubEnv({ config: getDefaultConfig() });
        onMounted(() => this.props.register(this));
        onWillUnmount(() => this.props.register(null));
    }

    get key() {
        return parseItem(this.props.item).key;
    }

    get card() {
        return this.props.session.card(this.key);
    }

    /** A workflow that was started is changed in a copy of its own, which has to be made first. */
    get isLocked() {
        const { flow } = this.props.session;
        return ["running", "paused"].includes(flow.state) && flow.edit_id === flow.id;
    }

    /** What happened at the step, for a workflow that was started. */
    get figures() {
        return (!this.isEntry && this.props.session.figures?.cards?.[this.key]) || null;
    }

    /** How those in the workflow do beside those who were left out. */
    get comparison() {
        return (this.isEntry && this.props.session.figures?.comparison) || null;
    }

    loadReasons(key, period) {
        return this.props.session.call("get_step_reasons", key, period);
    }

    get isEntry() {
        return this.key === null;
    }

    get resId() {
        return this.isEntry ? this.props.session.flow.edit_id : this.card.step_id;
    }

    /** The form is read anew where the drawing changed what stands in it: a name, an undo. */
    get viewKey() {
        const redrawn = this.props.session.redrawn[this.key] || 0;
        return [this.props.item, this.resId, this.isLocked, redrawn].join("/");
    }

    get viewProps() {
        const form = this.isEntry ? "mail_workflow_view_form_entry" : "mail_workflow_step_view_form_panel";
        return {
            type: "form",
            resModel: this.isEntry ? "mail.workflow" : "mail.workflow.step",
            resId: this.resId,
            readonly: this.isLocked || !this.props.session.flow.is_editable,
            preventCreate: true,
            context: { form_view_ref: `${MODULE}.${form}` },
            display: { controlPanel: false },
            saveRow: (save) => this.props.session.saveRow(this.key, save),
            onRowChanged: () => this.props.commands.refresh(this.key),
            __beforeLeave__: this.leaving,
        };
    }

    focus() {
        this.root.el.focus();
    }

    /** Open the mail in Odoo's designer. */
    async design() {
        if (await this.flush()) {
            const { orm } = this.props.session;
            const step = [this.card.step_id];
            const designer = await orm.call("mail.workflow.step", "action_open_designer", [step]);
            this.action.doAction(designer);
        }
    }

    /** Save what is typed and not saved yet; false when it cannot be. */
    async flush() {
        const answers = await Promise.all(this.leaving.callbacks.map((callback) => callback({})));
        return !answers.includes(false);
    }
}
