import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** Asks before a step goes that others hang on, or where people stand. */
export class FlowRemove extends Component {
    static template = "mail_workflow_automation.FlowRemove";
    static components = { Dialog };
    static props = {
        title: String,
        people: Number,
        branches: { type: Array, element: Object },
        onRemove: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ keep: "" });
    }

    remove() {
        this.props.close();
        this.props.onRemove(this.state.keep || undefined);
    }
}
