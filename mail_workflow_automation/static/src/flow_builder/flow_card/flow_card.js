import { Component, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { FlowFigures } from "../flow_figures/flow_figures";

/** One card of the drawing, from what the server says of a step. */
export class FlowCard extends Component {
    static template = "mail_workflow_automation.FlowCard";
    static components = { FlowFigures };
    static props = {
        item: String,
        card: Object,
        figures: { type: [Object, { value: null }], optional: true },
        x: Number,
        y: Number,
        width: Number,
        height: Number,
        level: Number,
        isActive: Boolean,
        isSelected: Boolean,
        isCarried: Boolean,
        isRenamed: Boolean,
        hasThumbnail: Boolean,
        onClick: Function,
        commands: Object,
    };

    setup() {
        this.name = useRef("name");
        useEffect(
            (isRenamed) => {
                if (isRenamed) {
                    this.isOver = false;
                    this.name.el.focus();
                    this.name.el.select();
                }
            },
            () => [this.props.isRenamed]
        );
    }

    get classes() {
        const { card, isSelected, isCarried } = this.props;
        return {
            [`o_${card.shape}`]: true,
            o_selected: isSelected,
            o_carried: isCarried,
            o_problem: Boolean(card.problems?.length),
            o_missing: card.missing,
            [`o_change_${card.change}`]: Boolean(card.change),
        };
    }

    get change() {
        const words = { added: _t("New"), changed: _t("Changed"), moved: _t("Moved") };
        return words[this.props.card.change];
    }

    onNameKeydown(ev) {
        if (ev.key === "Enter") {
            this.isOver = true;
            this.props.commands.rename(this.props.card.key, ev.target.value);
        } else if (ev.key === "Escape") {
            this.isOver = true; // the name loses the focus now: that is no answer
            this.props.commands.rename(this.props.card.key, "");
        }
        ev.stopPropagation();
    }

    onNameBlur(ev) {
        if (this.props.isRenamed && !this.isOver) {
            this.props.commands.rename(this.props.card.key, ev.target.value);
        }
    }
}
