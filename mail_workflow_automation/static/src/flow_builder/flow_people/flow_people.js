import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { formatInteger } from "@web/views/fields/formatters";
import { KeepLast } from "@web/core/utils/concurrency";
import { _t } from "@web/core/l10n/translation";
import { percent } from "../flow_figures/flow_figures";

const REASONS = 3; // as many as a person reads; the others are summed up
const WITH_REASONS = ["skipped", "held", "failed"];

/** What became of those who came to a step, and what its mail earned: in the side panel. */
export class FlowPeople extends Component {
    static template = "mail_workflow_automation.FlowPeople";
    static props = {
        stepKey: String,
        figures: Object,
        period: String,
        load: Function, // (key, period) => why people were skipped, held or failed
        open: Function, // (key, figure)
    };

    setup() {
        this.state = useState({ reasons: {} });
        this.last = new KeepLast();
        onWillStart(() => this.loadReasons(this.props));
        onWillUpdateProps((next) => {
            if (
                next.stepKey !== this.props.stepKey ||
                next.period !== this.props.period ||
                next.figures !== this.props.figures
            ) {
                this.loadReasons(next);
            }
        });
    }

    loadReasons({ stepKey, figures, period, load }) {
        this.state.reasons = {};
        if (!WITH_REASONS.some((figure) => figures[figure])) {
            return;
        }
        // the figures are there at once, the reasons follow
        this.last.add(load(stepKey, period)).then((reasons) => (this.state.reasons = reasons));
    }

    get isMail() {
        return this.props.figures.sent !== undefined;
    }

    /** The visits in the time that is shown: in a loop several of one person. Who waits may have
     * come long before. */
    get came() {
        const isOfAllTime = this.props.period === "all";
        return this.visits
            .filter(({ figure }) => isOfAllTime || figure !== "waiting")
            .reduce((sum, { count }) => sum + count, 0);
    }

    get visits() {
        const { figures } = this.props;
        const labels = {
            done: this.isMail ? _t("Sent") : _t("Done"),
            waiting: _t("Here now"),
            skipped: _t("Skipped"),
            held: _t("Held"),
            failed: _t("Failed"),
        };
        return Object.entries(labels).map(([figure, label]) => ({
            figure,
            label,
            count: figures[figure] || 0,
        }));
    }

    /** The rows with a bar: those in which there is somebody. */
    get rows() {
        const whole = this.visits.reduce((sum, { count }) => sum + count, 0);
        return this.visits
            .filter(({ count }) => count)
            .map((row) => ({
                ...row,
                shown: formatInteger(row.count),
                width: `width: ${(row.count / whole) * 100}%`,
                reasons: this.reasons(row.figure),
            }));
    }

    reasons(figure) {
        const found = (this.state.reasons[figure] || []).filter(({ reason }) => reason);
        const words = found
            .slice(0, REASONS)
            .map(({ reason, count }) =>
                _t("%(count)s %(reason)s", { count: formatInteger(count), reason })
            );
        const others = found.slice(REASONS).reduce((sum, { count }) => sum + count, 0);
        if (others) {
            words.push(_t("%s others", formatInteger(others)));
        }
        return words.join(", ");
    }

    /** What readers did: people, as a share of those delivered, bounces of those sent. */
    get readings() {
        const { figures } = this.props;
        const all = [
            { figure: "opened", label: _t("Opened"), whole: figures.delivered },
            { figure: "clicked", label: _t("Clicked"), whole: figures.delivered },
            { figure: "replied", label: _t("Answered"), whole: figures.delivered },
            { figure: "bounced", label: _t("Bounced"), whole: figures.sent },
        ];
        return all.map(({ figure, label, whole }) => ({
            figure,
            label,
            count: formatInteger(figures[figure]),
            rate: percent(figures[figure], whole),
        }));
    }

    get earned() {
        const { orders, revenue } = this.props.figures;
        return {
            amount: formatCurrency(revenue.amount, revenue.currency_id),
            orders: orders === 1 ? _t("1 order") : _t("%s orders", formatInteger(orders)),
        };
    }

    get title() {
        const visits = this.came;
        if (!visits) {
            return _t("Nobody went on from here in this period");
        }
        return visits === 1 ? _t("1 visit") : _t("%s visits", formatInteger(visits));
    }
}
