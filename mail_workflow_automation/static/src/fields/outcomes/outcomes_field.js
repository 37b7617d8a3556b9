import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useJsonRows } from "../json_rows";
import { WayList } from "../way_list/way_list";
import { useWayNames } from "../way_list/way_names";

/** The named outcomes of a decision: each a button for who decides, and a way for what follows. */
export class OutcomesField extends Component {
    static template = "mail_workflow_automation.OutcomesField";
    static components = { WayList };
    static props = { ...standardFieldProps };

    setup() {
        this.wayNames = useWayNames();
        this.rows = useJsonRows({ read: (ways) => ways || [], write: (ways) => ways });
    }

    get names() {
        return this.rows.all.map((row) => row.value.name);
    }

    onAdd(ev) {
        const name = this.wayNames.typed(ev.target.value, this.names);
        ev.target.value = "";
        if (name) {
            this.rows.add({ name });
        }
    }
}

export const outcomesField = {
    component: OutcomesField,
    displayName: _t("Outcomes"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: [{ name: "way_details", type: "json", readonly: true }],
};

registry.category("fields").add("mail_workflow_outcomes", outcomesField);
