import { Component, onWillStart } from "@odoo/owl";
import { CheckBox } from "@web/core/checkbox/checkbox";
import { ModelFieldSelector } from "@web/core/model_field_selector/model_field_selector";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { useService } from "@web/core/utils/hooks";

/** One filter of an event, asked for by its type. An empty value is no filter. */
export class EventFilter extends Component {
    static template = "mail_workflow_automation.EventFilter";
    static components = { CheckBox, ModelFieldSelector, RecordSelector, SelectMenu };
    static props = {
        filter: Object,
        filters: Object,
        update: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.models = [];
        onWillStart(async () => {
            if (this.props.filter.type === "model") {
                this.models = await this.orm.call("ir.model", "get_available_models");
            }
        });
    }

    get value() {
        return this.props.filters[this.props.filter.name];
    }

    get choices() {
        if (this.props.filter.type === "model") {
            return this.models.map(({ model, display_name }) => ({
                value: model,
                label: display_name,
            }));
        }
        return this.props.filter.choices.map(([value, label]) => ({ value, label }));
    }

    /** The model whose fields there are to choose from: another filter says it. */
    get fieldModel() {
        return this.props.filters[this.props.filter.model_filter];
    }

    onText(ev) {
        this.props.update(ev.target.value.trim());
    }

    onNumber(ev) {
        this.props.update(Math.max(0, Number(ev.target.value) || 0));
    }
}
