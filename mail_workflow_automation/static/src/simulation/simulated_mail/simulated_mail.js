import { Component } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { session } from "@web/session";
import { escapeRegExp } from "@web/core/utils/strings";

/** A mail as its reader gets it. In a frame that runs nothing and leads nowhere. */
export class SimulatedMail extends Component {
    static template = "mail_workflow_automation.SimulatedMail";
    static props = { mail: Object, language: String };

    get page() {
        // a link opens a window, which the frame may not
        return `<base target="_blank">${this.withPictures(this.props.mail.body_html)}`;
    }

    /**
     * Takes the pictures of this server from where it is reached right now: its own idea of its
     * address, which the mail has, may be one of another network, or of the live shop.
     */
    withPictures(html) {
        const address = session["web.base.url"]?.replace(/\/+$/, "");
        if (!address) {
            return html;
        }
        const before = `(?:src|background)="|url\\((?:&quot;|&#34;|&#39;|["'])?`;
        const pictures = new RegExp(`(${before})${escapeRegExp(address)}(?=/)`, "g");
        return html.replace(pictures, (_found, start) => start + browser.location.origin);
    }
}
