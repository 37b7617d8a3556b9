import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";

import { patch } from "@web/core/utils/patch";

/** Decide what a workflow asks: by a POST, and once; who comes too late is told who was first. */
async function decide(component, activity, outcome, done) {
    try {
        await component.env.services.orm.call("mail.activity", "action_workflow_decide", [
            [activity.id],
            outcome,
        ]);
    } finally {
        await done();
    }
}

patch(Activity.prototype, {
    async onWorkflowDecide(outcome) {
        const thread = this.thread;
        await decide(this, this.props.activity, outcome, async () => {
            this.props.onActivityChanged(thread);
            await thread.fetchNewMessages();
        });
    },
});

patch(ActivityListPopoverItem.prototype, {
    get hasMarkDoneButton() {
        return super.hasMarkDoneButton && !this.props.activity.workflow_outcomes;
    },
    async onWorkflowDecide(outcome) {
        await decide(this, this.props.activity, outcome, async () => {
            this.props.onActivityChanged?.();
        });
    },
});
