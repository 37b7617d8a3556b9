import { kanbanView } from "@web/views/kanban/kanban_view";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { listView } from "@web/views/list/list_view";
import { ListController } from "@web/views/list/list_controller";
import { registry } from "@web/core/registry";
import { useWorkflowFiles } from "../files/workflow_files";

const GALLERY = "mail_workflow_automation.mail_workflow_gallery_action";

export class WorkflowListController extends ListController {
    setup() {
        super.setup();
        useWorkflowFiles(this.rootRef);
    }

    async createRecord() {
        await this.actionService.doAction(GALLERY);
    }
}

export class WorkflowKanbanController extends KanbanController {
    setup() {
        super.setup();
        useWorkflowFiles(this.rootRef);
    }

    async createRecord() {
        await this.env.services.action.doAction(GALLERY);
    }
}

export class WorkflowFormController extends formView.Controller {
    setup() {
        super.setup();
        const { rootRef } = this;
        useWorkflowFiles({
            // what is dropped on the chatter is an attachment
            get el() {
                return rootRef.el?.querySelector(".o_form_sheet") || null;
            },
        });
    }
}

const views = registry.category("views");
views.add("mail_workflow_list", { ...listView, Controller: WorkflowListController });
views.add("mail_workflow_form", { ...formView, Controller: WorkflowFormController });
views.add("mail_workflow_kanban", { ...kanbanView, Controller: WorkflowKanbanController });
