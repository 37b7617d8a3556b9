import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { normalize } from "@web/core/l10n/utils";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { FlowOutline } from "./flow_outline";
import { useWorkflowFiles } from "../files/workflow_files";

const BLANK = "blank";

/** Recipes by goal: one click, a small question where there must be one, and there is a draft. */
export class WorkflowGallery extends Component {
    static template = "mail_workflow_automation.WorkflowGallery";
    static components = { ControlPanel, FlowOutline };
    static props = { ...standardActionServiceProps };
    static displayName = _t("New Workflow");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.ui = useService("ui");
        this.rootRef = useRef("root");
        this.fileRef = useRef("file");
        this.files = useWorkflowFiles(this.rootRef);
        this.state = useState({ goals: [], goal: null, search: "", isMaking: false });
        this.controlPanelDisplay = {};
        useAutofocus({ refName: "search" });
        onWillStart(async () => {
            const { goals } = await this.orm.call("mail.workflow", "get_gallery");
            this.state.goals = goals;
        });
    }

    /** The goal that was chosen, or all of them, with the recipes that the search finds. */
    get goals() {
        const words = normalize(this.state.search).split(" ").filter(Boolean);
        const isFound = (goal, { label, description }) => {
            const text = normalize([goal.label, label, description].join(" "));
            return words.every((word) => text.includes(word));
        };
        const { goal: chosen } = this.state;
        return this.state.goals
            .filter(({ goal }) => !chosen || goal === chosen)
            .map((goal) => ({
                ...goal,
                recipes: goal.recipes.filter((recipe) => isFound(goal, recipe)),
            }))
            .filter((goal) => goal.recipes.length);
    }

    /** Show the recipes of one goal; once more, of all. */
    onChooseGoal(goal) {
        this.state.goal = this.state.goal === goal ? null : goal;
    }

    isBlocked(recipe) {
        return recipe.needs.some((need) => need.is_blocking && !need.is_met);
    }

    needWords(need) {
        return need.is_met ? need.label : _t("%(label)s: %(missing)s", need);
    }

    async onMake(recipe = BLANK) {
        if (this.state.isMaking) {
            return;
        }
        this.state.isMaking = true;
        try {
            await this.action.doAction(
                {
                    type: "ir.actions.act_window",
                    name: _t("New Workflow"),
                    res_model: "mail.workflow.new",
                    views: [[false, "form"]],
                    target: "new",
                    context: { default_recipe: recipe, dialog_size: "medium" },
                },
                { onClose: () => (this.state.isMaking = false) }
            );
        } catch (error) {
            this.state.isMaking = false;
            throw error;
        }
    }

    async onChooseFile(ev) {
        await this.files.importFiles(ev.target.files);
        ev.target.value = "";
    }
}

registry.category("actions").add("mail_workflow_gallery", WorkflowGallery);
