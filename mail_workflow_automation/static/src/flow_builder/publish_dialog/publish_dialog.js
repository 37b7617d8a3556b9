import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { isConflict } from "../draft_saver";

/** What publishing changes and whom it touches; asks what happens to them, then publishes. */
export class PublishDialog extends Component {
    static template = "mail_workflow_automation.PublishDialog";
    static components = { Dialog };
    static props = { session: Object, close: Function };

    setup() {
        this.notification = useService("notification");
        this.state = useState({ items: [], choices: {}, error: "", isPublishing: false });
        this.version = null;
        onWillStart(() => this.load());
    }

    async load() {
        if (!(await this.props.session.save())) {
            this.props.close();
            return;
        }
        const { version, items } = await this.props.session.call("get_changes");
        this.version = version;
        this.state.items = items;
        for (const item of items) {
            if (item.choices && !(item.key in this.state.choices)) {
                this.state.choices[item.key] = item.default;
            }
        }
    }

    get title() {
        const count = this.state.items.length;
        return count === 1 ? _t("Publish 1 change") : _t("Publish %(count)s changes", { count });
    }

    get touched() {
        const people = this.state.items.reduce((sum, item) => sum + item.people, 0);
        if (!people) {
            return _t("Nobody stands at what changes. People who are in it keep their place.");
        }
        return people === 1
            ? _t("1 person stands at what changes. Everybody else keeps their place.")
            : _t("%(people)s people stand at what changes. Everybody else keeps their place.", {
                  people,
              });
    }

    changeWords(item) {
        return {
            added: _t("New"),
            changed: _t("Changed"),
            moved: _t("Moved"),
            removed: _t("Removed"),
        }[item.change];
    }

    peopleWords(item) {
        return item.people === 1
            ? _t("1 person stands here")
            : _t("%(people)s people stand here", { people: item.people });
    }

    choose(item, value) {
        this.state.choices[item.key] = value;
    }

    async publish() {
        const { session } = this.props;
        this.state.isPublishing = true;
        this.state.error = "";
        try {
            const choices = { ...this.state.choices };
            const flow = await session.call("publish_draft", choices, this.version);
            await session.load();
            this.notification.add(
                _t("Revision %(number)s is published.", { number: flow.revision?.number || "" }),
                { type: "success" }
            );
            this.props.close();
        } catch (error) {
            if (!error.data) {
                throw error;
            }
            this.state.error = error.data.message;
            if (isConflict(error)) {
                await session.load();
                await this.load();
            }
        } finally {
            this.state.isPublishing = false;
        }
    }
}
