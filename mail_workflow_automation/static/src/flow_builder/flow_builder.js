import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useWorkflowFiles } from "../files/workflow_files";
import { DraftSaver } from "./draft_saver";
import { FlowBar } from "./flow_bar/flow_bar";
import { FlowCanvas } from "./flow_canvas/flow_canvas";
import { useFlowCommands } from "./flow_commands";
import { FlowNotice } from "./flow_notice/flow_notice";
import { FlowPalette } from "./flow_palette/flow_palette";
import { FlowPanel } from "./flow_panel/flow_panel";
import { FlowSession } from "./flow_session";
import { parseItem } from "./flow_steps";

/** The drawing of a workflow: build it, change it, let it run, see how it does. */
export class FlowBuilder extends Component {
    static template = "mail_workflow_automation.FlowBuilder";
    static components = { Dropdown, DropdownItem, FlowBar, FlowCanvas, FlowNotice, FlowPanel, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        this.ui = useService("ui");
        useWorkflowFiles(useRef("root"));
        this.display = { controlPanel: {} };
        const { action, resId, state } = this.props;
        const workflowId = resId || action.params?.workflow_id || action.context?.active_id;
        this.session = useState(new FlowSession(useService("orm"), workflowId));
        this.session.onFailure = (...failure) => this.onFailure(...failure);
        this.saver = new DraftSaver(this.session);
        onWillUnmount(() => this.saver.stop());
        this.state = useState({ selected: state?.selected || null, renaming: null });
        this.palette = usePopover(FlowPalette, {
            popoverClass: "o_mail_workflow_popover",
            position: "right-start",
            useBottomSheet: this.env.isSmall,
            onClose: () => this.holdFocusSoon(),
        });
        useBus(this.ui.bus, "active-element-changed", () => this.holdFocusSoon());
        onMounted(() => this.holdFocus());
        onPatched(() => this.holdFocus());
        this.commands = useFlowCommands(this);
        useSetupAction({
            beforeLeave: async () => {
                await this.session.save(); // what cannot be saved is kept: nobody is held back
            },
            getLocalState: () => ({ selected: this.selected }),
        });
        useExternalListener(window, "beforeunload", (ev) => this.onBeforeUnload(ev));
        onWillStart(() => this.start());
    }

    async start() {
        await this.session.load();
        if (this.isEditable) {
            this.saver.restore();
        }
        this.props.updateActionState?.({ resId: this.session.workflowId });
        this.env.config.setDisplayName(this.session.flow.name);
        // the address of a drawing seems to have a list above it, which has no name
        const { breadcrumbs } = this.env.config;
        const above = breadcrumbs.slice(0, -1);
        breadcrumbs.splice(0, above.length, ...above.filter(({ name }) => name));
    }

    /** The keyboard stands somewhere: also after a dialog, and where its button is gone. */
    holdFocus() {
        const isFree = this.ui.activeElement === document;
        if (this.isPanelEntered && this.panel) {
            this.isPanelEntered = false;
            this.panel.focus();
        } else if (isFree && document.activeElement === document.body) {
            this.canvas?.focusAgain();
        }
    }

    holdFocusSoon() {
        browser.requestAnimationFrame(() => this.holdFocus());
    }

    /** Let the keyboard go into the panel, once it is there. */
    enterPanel() {
        this.isPanelEntered = Boolean(this.selected);
        this.holdFocusSoon();
    }

    /** The item that has the panel: none when its step is gone, by whatever. */
    get selected() {
        const { selected } = this.state;
        const key = selected && parseItem(selected).key;
        return key && !this.session.model.step(key) ? null : selected;
    }

    get isEditable() {
        return this.session.flow.is_editable;
    }

    get stateWords() {
        const { state, revision } = this.session.flow;
        const words = {
            draft: _t("Draft"),
            running: _t("Running"),
            paused: _t("Paused"),
            stopped: _t("Stopped"),
        }[state];
        return revision
            ? _t("%(state)s · revision %(number)s", { state: words, number: revision.number })
            : words;
    }

    get unpublished() {
        const count = this.session.flow.changes?.count || 0;
        if (!count) {
            return "";
        }
        return count === 1
            ? _t("1 change not published")
            : _t("%(count)s changes not published", { count });
    }

    get savingWords() {
        return _t("Saving…");
    }

    get peopleCount() {
        const active = this.session.figures?.entry?.active;
        return active === undefined ? null : formatInteger(active);
    }

    get periods() {
        return [
            { value: "7", label: _t("Last 7 days") },
            { value: "30", label: _t("Last 30 days") },
            { value: "90", label: _t("Last 90 days") },
            { value: "all", label: _t("Since the start") },
        ];
    }

    get period() {
        return this.periods.find((one) => one.value === this.session.period);
    }

    async openPeople() {
        this.action.doAction(await this.session.call("action_view_enrollments"));
    }

    async openSettings() {
        await this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Settings"),
            res_model: "mail.workflow",
            res_id: this.session.workflowId,
            views: [[false, "form"]],
        });
    }

    /** Show the panel of an item, once what stands in the one before is saved. */
    async select(item) {
        if (item !== this.selected && (await this.flush())) {
            this.state.selected = item;
        }
    }

    /** Save what is typed in the panel and not saved yet; false when it cannot be. */
    async flush() {
        return !this.panel || this.panel.flush();
    }

    /** Tell that a change cannot be saved, and take it back. */
    onFailure(error, definition) {
        if (this.saver.onFailure(error, definition)) {
            return;
        }
        this.session.revert();
        this.saver.onSaved();
        this.notification.add(error.data?.message || error.message, {
            title: _t("This change cannot be saved"),
            type: "danger",
            sticky: true,
        });
    }

    onBeforeUnload(ev) {
        if (this.session.hasUnsaved) {
            ev.preventDefault();
            this.session.save();
        }
    }

    /** What was copied: `{workflowId, steps}`, null where nothing was. */
    get clipboard() {
        return JSON.parse(browser.localStorage.getItem("mail_workflow.clipboard") || "null");
    }

    set clipboard(copied) {
        browser.localStorage.setItem("mail_workflow.clipboard", JSON.stringify(copied));
    }
}

registry.category("actions").add("mail_workflow_flow", FlowBuilder);
