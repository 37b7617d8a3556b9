import { Component, useRef } from "@odoo/owl";
import { useSortable } from "@web/core/utils/sortable_owl";

/** The ways of a step in their order: each with its name, moved by its handle or its buttons. */
export class WayList extends Component {
    static template = "mail_workflow_automation.WayList";
    static props = {
        rows: Array,
        label: Function,
        onRename: Function,
        onMove: Function,
        onRemove: Function,
        fewest: { type: Number, optional: true },
        slots: { type: Object, optional: true },
    };
    static defaultProps = { fewest: 1 };

    setup() {
        this.root = useRef("root");
        useSortable({
            ref: this.root,
            elements: ".o_mail_workflow_way",
            handle: ".o_mail_workflow_way_handle",
            cursor: "grabbing",
            onDrop: ({ element, previous }) => {
                const ids = this.props.rows.map((row) => row.id);
                const id = Number(element.dataset.id);
                const others = ids.filter((one) => one !== id);
                const index = previous ? others.indexOf(Number(previous.dataset.id)) + 1 : 0;
                this.props.onMove(id, index);
            },
        });
    }

    get canRemove() {
        return this.props.rows.length > this.props.fewest;
    }
}
