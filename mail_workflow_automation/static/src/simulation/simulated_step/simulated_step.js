import { Component, useState } from "@odoo/owl";
import { asMoment, delays } from "../moments";

/** One step of the path: what came of it and why, and what people could do there. */
export class SimulatedStep extends Component {
    static template = "mail_workflow_automation.SimulatedStep";
    static props = {
        line: Object,
        given: Array,
        isShown: Boolean,
        isBusy: Boolean,
        onAnswer: Function,
        onTakeBack: Function,
        onShow: Function,
    };

    setup() {
        this.delays = delays();
        this.state = useState({ delay: "hour" });
    }

    get at() {
        return asMoment(this.props.line.at);
    }

    get leftAt() {
        const { at, left_at } = this.props.line;
        return left_at && left_at !== at ? asMoment(left_at) : "";
    }

    get until() {
        return asMoment(this.props.line.until);
    }

    get tone() {
        const tones = {
            done: "text-success",
            skipped: "text-muted",
            held: "text-warning",
            waiting: "text-info",
            left: "text-muted",
            error: "text-danger",
        };
        return tones[this.props.line.outcome] || "text-muted";
    }

    givenLabel({ answer, label }) {
        const wanted = JSON.stringify(answer.after);
        const delay = this.delays.find(([, after]) => JSON.stringify(after) === wanted);
        return delay ? `${label}, ${delay[2]}` : label;
    }

    onAnswer({ answer, label }) {
        const [, after] = this.delays.find(([key]) => key === this.state.delay);
        this.props.onAnswer({ ...answer, after }, label);
    }
}
