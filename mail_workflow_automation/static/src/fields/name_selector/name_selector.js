import { Component } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** Chooses a record that is kept by its name: an external id, or a readable unique value. */
export class NameSelector extends Component {
    static template = "mail_workflow_automation.NameSelector";
    static components = { AutoComplete };
    static props = {
        model: String,
        label: { type: String, optional: true },
        placeholder: { type: String, optional: true },
        resetOnSelect: { type: Boolean, optional: true },
        update: Function,
    };
    static defaultProps = { label: "", placeholder: "" };

    setup() {
        this.orm = useService("orm");
        this.sources = [{ placeholder: _t("Loading..."), options: this.load.bind(this) }];
    }

    async load(request) {
        const found = await this.orm.call("mail.workflow.step", "find_value_records", [
            this.props.model,
            request,
        ]);
        if (!found.length) {
            return [{ label: _t("(no result)") }];
        }
        return found.map(([name, label]) => ({
            label,
            onSelect: () => this.props.update(name, label),
        }));
    }

    onChange({ inputValue }) {
        if (!inputValue && !this.props.resetOnSelect) {
            this.props.update(null, "");
        }
    }
}
