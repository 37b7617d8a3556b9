import { DataAttributeAction } from "@html_builder/core/core_builder_action_plugin";
import { BaseOptionComponent, useDomState } from "@html_builder/core/utils";
import { Plugin } from "@html_editor/plugin";
import { registry } from "@web/core/registry";

const BLOCK = "div[data-mwa-block]";
const SHELL = ".s_mwa_block";
const HEADING = "o_mwa_heading";

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

class BlockOptionPlugin extends Plugin {
    static id = "mail_workflow_automation.BlockOption";
    resources = {
        builder_options: [BlockOption, BareBlockOption],
        builder_actions: { BlockHeadingAction },
        content_not_editable_selectors: [SHELL, BLOCK],
    };
}

registry.category("mass_mailing-plugins").add(BlockOptionPlugin.id, BlockOptionPlugin);
