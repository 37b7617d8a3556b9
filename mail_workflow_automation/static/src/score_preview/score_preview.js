import { Component, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const RULES = "mail.workflow.scoring.rule";
const THRESHOLDS = ["grade_a", "grade_b", "grade_c", "warm_from", "hot_from"];
const HEIGHT = 60;
const BAR = 10;
const LABELS = {
    grade_a: _t("A"),
    grade_b: _t("B or better"),
    grade_c: _t("C or better"),
    warm_from: _t("Warm or hot"),
    hot_from: _t("Hot"),
};
const MARKS = { ...LABELS, grade_b: _t("B"), grade_c: _t("C"), warm_from: _t("Warm") };

/**
 * What the form would make of everybody's scores, before it is saved: grades, who crosses which
 * threshold, and how many have how many points.
 */
export class ScorePreview extends Component {
    static template = "mail_workflow_automation.ScorePreview";
    static props = { ...standardWidgetProps, prefix: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({ isOpen: false, preview: null });
        this.load = useDebounced(() => this._load(), 300);
        useEffect(
            () => {
                if (this.state.isOpen) {
                    this.load();
                }
            },
            () => [this.state.isOpen, this.changeKey]
        );
    }

    get isOfRule() {
        return this.props.record.resModel === RULES;
    }

    /** Changes when something does that the preview depends on. */
    get changeKey() {
        const data = this.props.record.data;
        const names = this.isOfRule ? Object.keys(data) : this.thresholdNames;
        return JSON.stringify(names.map((name) => data[name]));
    }

    get thresholdNames() {
        return THRESHOLDS.map((name) => (this.props.prefix || "") + name);
    }

    get scoreModelId() {
        const { data, resId } = this.props.record;
        if (this.isOfRule) {
            return data.score_model_id?.id;
        }
        return this.props.prefix ? data[`${this.props.prefix}model_id`]?.id : resId;
    }

    async _load() {
        const { record } = this.props;
        if (!this.scoreModelId) {
            this.state.preview = { problem: _t("Save the score model first.") };
            return;
        }
        const values = {};
        if (this.isOfRule) {
            Object.assign(values, {
                rule_id: record.resId || false,
                rule: await record.getChanges(),
            });
        } else {
            values.thresholds = Object.fromEntries(
                THRESHOLDS.map((name, place) => [name, record.data[this.thresholdNames[place]]])
            );
        }
        const preview = this.orm.call(
            "mail.workflow.score.model",
            "get_preview",
            [this.scoreModelId],
            values
        );
        this.state.preview = await this.keepLast.add(preview);
    }

    // --- what is drawn ---------------------------------------------------------------------------

    get heats() {
        return [
            { heat: "1", label: _t("Hot") },
            { heat: "2", label: _t("Warm") },
            { heat: "3", label: _t("Cold") },
        ];
    }

    cell(letter, heat) {
        const [now, then] = this.state.preview.table[letter + heat];
        return { now, then, isChanged: now !== then };
    }

    get crossings() {
        return this.state.preview.crossings.map((one) => ({ ...one, label: LABELS[one.name] }));
    }

    /** The bars and lines of a chart, in its own units. */
    drawn(chart) {
        const most = Math.max(1, ...chart.bars.flat());
        const height = (people) => (people ? Math.max((people / most) * HEIGHT, 1) : 0);
        const bars = chart.bars.map(([now, then], place) => ({
            now: { x: place * BAR, y: HEIGHT - height(now), height: height(now) },
            then: { x: place * BAR, y: HEIGHT - height(then), height: height(then) },
            isChanged: now !== then,
            title: _t("%(from)s to %(to)s points: %(now)s now, %(then)s then", {
                from: place ? place * chart.width : 1,
                to: place === chart.bars.length - 1 ? "∞" : (place + 1) * chart.width - 1,
                now,
                then,
            }),
        }));
        const x = (points) => Math.min(points / chart.width, chart.bars.length) * BAR;
        const marks = chart.marks.map((mark) => ({
            ...mark,
            label: MARKS[mark.name],
            isMoved: mark.now !== mark.then,
            xNow: x(mark.now),
            xThen: x(mark.then),
        }));
        return { bars, marks, width: chart.bars.length * BAR };
    }

    onToggle() {
        this.state.isOpen = !this.state.isOpen;
    }

    onOpenPerson(person) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: person.partner_id,
            views: [[false, "form"]],
            target: "new",
        });
    }
}

export const scorePreview = {
    component: ScorePreview,
    extractProps: ({ attrs }) => ({ prefix: attrs.prefix }),
};

registry.category("view_widgets").add("mail_workflow_score_preview", scorePreview);
