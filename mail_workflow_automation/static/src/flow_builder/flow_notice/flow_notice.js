import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { downloadFile } from "@web/core/network/download";

/** Says above the drawing when edits cannot be saved, and what can be done about it. */
export class FlowNotice extends Component {
    static template = "mail_workflow_automation.FlowNotice";
    static props = { saver: Object };

    setup() {
        this.state = useState(this.props.saver.state);
    }

    get conflictWords() {
        return (
            this.state.words ||
            _t("Somebody else edited this workflow after you. Nothing was overwritten.")
        );
    }

    keepAsFile() {
        const { mine } = this.props.saver;
        const content = JSON.stringify(mine, null, 2);
        downloadFile(content, `${mine.name}.json`, "application/json");
    }
}
