import { DataAttributeAction } from "@html_builder/core/core_builder_action_plugin";
import { BaseOptionComponent, useDomState } from "@html_builder/core/utils";
import { Plugin } from "@html_editor/plugin";
import { parseHTML } from "@html_editor/utils/html";
import { registry } from "@web/core/registry";

const BLOCK = "div[data-mwa-block]";
const SHELL = ".s_mwa_block";
const HEADING = "o_mwa_heading";
const MARK = "data-mwa-";

/** What can be chosen of a content block of workflows: only what its element has a mark for. */
export class BlockOption extends BaseOptionComponent {
    static template = "mail_workflow_automation.BlockOption";
    static selector = SHELL;
    static applyTo = BLOCK;

    setup() {
        super.setup();
        this.isInWorkflow = Boolean(this.config.record.data.workflow_id);
        this.state = useDomState((block) => ({
            hasSource: "mwaSource" in block.dataset,
            hasLimit: "mwaLimit" in block.dataset,
        }));
    }
}

/** The same for a block that stands in a part of somebody's own. */
export class BareBlockOption extends BlockOption {
    static selector = `${BLOCK}:not(${SHELL} *)`;
    static applyTo = undefined;
}

/** Notes the heading of a block, and shows it above the sample. */
export class BlockHeadingAction extends DataAttributeAction {
    static id = "mwaBlockHeading";

    apply(context) {
        super.apply(context);
        const { editingElement, value } = context;
        let heading = editingElement.querySelector(`.${HEADING}`);
        if (!value) {
            heading?.remove();
            return;
        }
        if (!heading) {
            heading = editingElement.ownerDocument.createElement("h2");
            heading.className = HEADING;
            editingElement.prepend(heading);
        }
        heading.textContent = value;
    }
}

/** Notes how many products a block shows; the sample shows as many. */
export class BlockLimitAction extends DataAttributeAction {
    static id = "mwaBlockLimit";

    setup() {
        super.setup();
        this.preview = false;
    }

    async load({ editingElement, value }) {
        const options = { ...optionsOf(editingElement), limit: String(value) };
        const name = editingElement.dataset.mwaBlock;
        return this.services.orm.call("mailing.mailing", "get_workflow_block_sample", [
            name,
            options,
        ]);
    }

    apply(context) {
        super.apply(context);
        const { editingElement, loadResult } = context;
        const sample = parseHTML(editingElement.ownerDocument, loadResult);
        editingElement.replaceChildren(...sample.childNodes);
    }
}

/** Return the options of a block, as they stand in the marks of its element. */
function optionsOf(block) {
    const options = {};
    for (const { name, value } of block.attributes) {
        if (name.startsWith(MARK) && name !== `${MARK}block`) {
            options[name.slice(MARK.length)] = value;
        }
    }
    return options;
}

class BlockOptionPlugin extends Plugin {
    static id = "mail_workflow_automation.BlockOption";
    resources = {
        builder_options: [BlockOption, BareBlockOption],
        builder_actions: { BlockHeadingAction, BlockLimitAction },
        content_not_editable_selectors: [SHELL, BLOCK],
    };
}

registry.category("mass_mailing-plugins").add(BlockOptionPlugin.id, BlockOptionPlugin);
