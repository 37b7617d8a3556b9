import { onWillStart, onWillUpdateProps, useComponent } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/** Return the id of the workflow that a record is, or is part of. */
function workflowId(record) {
    if (record.resModel === "mail.workflow") {
        return record.resId;
    }
    return record.data.workflow_id?.id || false;
}

/** Load what the server says of the kinds of event, before the field can be edited. */
export function useEventKinds() {
    const component = useComponent();
    const orm = useService("orm");
    const kinds = { all: [] };
    let loadedOf;
    const load = async ({ readonly, record, kindsModel = "mail.workflow.trigger" }) => {
        const id = workflowId(record) || false;
        if (!readonly && id !== loadedOf) {
            loadedOf = id;
            kinds.all = await orm.call(kindsModel, "get_event_kinds", [id]);
        }
    };
    onWillStart(() => load(component.props));
    onWillUpdateProps(load);
    return kinds;
}

/** Tell whether an event says all that it must: which kind it is, and which name. */
export function isEventComplete(event, kinds) {
    const kind = kinds.find((one) => one.kind === event.kind);
    return Boolean(event.kind && (event.name || !kind?.is_named));
}
