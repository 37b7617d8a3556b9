import { Component } from "@odoo/owl";

/** A mail as its reader gets it. In a frame that runs nothing and leads nowhere. */
export class SimulatedMail extends Component {
    static template = "mail_workflow_automation.SimulatedMail";
    static props = { mail: Object, language: String };

    get page() {
        // a link opens a window, which the frame may not
        return `<base target="_blank">${this.props.mail.body_html}`;
    }
}
