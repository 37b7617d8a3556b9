import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { SimulatedMail } from "./simulated_mail/simulated_mail";
import { SimulatedStep } from "./simulated_step/simulated_step";
import { asMoment } from "./moments";

// an order is found, and shown, by its customer as well as by its number
const BY_CUSTOMER = { sale_show_partner_name: true };
const SAMPLE_ADDRESS = "somebody@example.com";

/**
 * Tries a workflow on somebody without doing it: the path with its dates, what people could do at
 * each point, and the mails as they would be read.
 */
export class Simulation extends Component {
    static template = "mail_workflow_automation.Simulation";
    static components = { Layout, RecordSelector, SimulatedMail, SimulatedStep };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.keepLast = new KeepLast();
        this.mailRef = useRef("mail");
        this.display = { controlPanel: {} };
        this.recordContext = BY_CUSTOMER;
        this.workflowId = this.props.action.params?.workflow_id || this.props.resId;
        // so that a reload finds it again
        this.props.updateActionState?.({ resId: this.workflowId });
        this.state = useState({
            who: "record",
            recordId: false,
            // with an address from the start: without one no mail would be seen
            invented: { name: "", email: SAMPLE_ADDRESS, lang: "", countryId: false },
            answers: [],
            result: null,
            shown: null,
            isBusy: false,
        });
        onWillStart(() => this.load());
    }

    async load() {
        const [[workflow], languages] = await Promise.all([
            this.orm.read(
                "mail.workflow",
                [this.workflowId],
                ["name", "model_name", "model_id", "draft_ids"]
            ),
            this.orm.call("res.lang", "get_installed", []),
        ]);
        this.workflow = workflow;
        // what is edited is tried, where something is
        this.triedId = workflow.draft_ids[0] || workflow.id;
        this.languages = languages;
        this.state.invented.lang = languages[0][0];
        this.env.config.setDisplayName(_t("Simulate: %s", workflow.name));
    }

    get isEdited() {
        return this.triedId !== this.workflow.id;
    }

    get recordLabel() {
        return this.workflow.model_id[1];
    }

    get subject() {
        const { who, recordId, invented } = this.state;
        if (who === "record") {
            return recordId;
        }
        return {
            name: invented.name.trim() || _t("Somebody"),
            email: invented.email.trim(),
            lang: invented.lang,
            country_id: invented.countryId,
        };
    }

    get endIcon() {
        const icons = { goal: "fa-trophy", done: "fa-flag-checkered", active: "fa-pause" };
        return icons[this.state.result.end.state] || "fa-sign-out";
    }

    get endAt() {
        return asMoment(this.state.result.end.at);
    }

    get shownLine() {
        const lines = this.state.result.lines;
        return lines.find((line) => this.lineId(line) === this.state.shown) || null;
    }

    get shownLanguage() {
        const { lang } = this.shownLine.mail;
        const language = this.languages.find(([code]) => code === lang);
        return language ? language[1] : lang;
    }

    lineId(line) {
        return `${line.key} ${line.visit}`;
    }

    answersAt(line) {
        return this.state.answers.filter(
            ({ answer }) => answer.at === line.key && answer.visit === line.visit
        );
    }

    /** Begin anew: an answer that comes yet is about somebody else. */
    clear() {
        this.keepLast.add(Promise.resolve());
        Object.assign(this.state, { answers: [], result: null, isBusy: false });
    }

    async onChoose(who) {
        this.state.who = who;
        this.clear();
        if (who === "record" && this.state.recordId) {
            await this.simulate();
        }
    }

    async onRecord(recordId) {
        this.state.recordId = recordId;
        this.clear();
        if (recordId) {
            await this.simulate();
        }
    }

    async onSubmit() {
        this.state.answers = [];
        await this.simulate();
    }

    /** Goes on from a point of the path with what somebody does there. */
    async onAnswer(answer, label) {
        const isSame = (given) =>
            given.answer.at === answer.at &&
            given.answer.visit === answer.visit &&
            given.answer.kind === answer.kind &&
            JSON.stringify(given.answer.filters) === JSON.stringify(answer.filters) &&
            given.answer.name === answer.name;
        const others = this.state.answers.filter((given) => !isSame(given));
        this.state.answers = [...others, { answer, label }];
        await this.simulate();
    }

    async onTakeBack(given) {
        this.state.answers = this.state.answers.filter((one) => one !== given);
        await this.simulate();
    }

    async simulate() {
        if (!this.subject) {
            return; // nobody is chosen yet
        }
        this.state.isBusy = true;
        try {
            const answers = this.state.answers.map(({ answer }) => answer);
            const asked = this.orm.call("mail.workflow", "simulate", [
                [this.triedId],
                this.subject,
                answers,
            ]);
            this.state.result = await this.keepLast.add(asked);
            if (!this.shownLine || !this.shownLine.mail) {
                const first = this.state.result.lines.find((line) => line.mail);
                this.state.shown = first ? this.lineId(first) : null;
            }
        } finally {
            this.state.isBusy = false;
        }
    }

    /** Sends the mails of the path to who asks, or one of them. */
    async onSendTest(line = null) {
        const answers = this.state.answers.map(({ answer }) => answer);
        const only = line ? { step: line.key, visit: line.visit } : {};
        const args = [[this.triedId], this.subject, answers];
        const count = await this.orm.call("mail.workflow", "send_test", args, only);
        this.notification.add(_t("%s on the way to you", count), { type: "success" });
    }

    onShow(line) {
        this.state.shown = this.lineId(line);
        // beside the path on a wide screen, below it on a phone
        this.mailRef.el?.scrollIntoView({ behavior: "smooth", block: "nearest" });
    }
}

registry.category("actions").add("mail_workflow_simulation", Simulation);
