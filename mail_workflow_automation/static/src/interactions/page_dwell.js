import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Tells how long a page was looked at. It runs only where a workflow listens: there the server has
 * put what to tell, and when, on the page. Time counts while the page is visible and, on a website
 * that asks for it, from the consent to optional cookies on.
 */
export class PageDwell extends Interaction {
    static selector = "#wrapwrap[data-mail-workflow-dwell]";
    dynamicContent = {
        _document: {
            "t-on-visibilitychange": this.resume,
            "t-on-optionalCookiesAccepted": this.onConsent,
        },
    };

    setup() {
        const { token, seconds, consent } = JSON.parse(this.el.dataset.mailWorkflowDwell);
        this.token = token;
        this.seconds = seconds;
        this.isAllowed = !consent || this.hasConsent();
        this.seen = 0;
        this.since = null;
        this.registerCleanup(() => clearTimeout(this.timer));
    }

    start() {
        this.resume();
    }

    hasConsent() {
        try {
            return JSON.parse(cookie.get("website_cookies_bar") || "{}").optional === true;
        } catch {
            return false;
        }
    }

    onConsent() {
        this.isAllowed = true;
        this.resume();
    }

    resume() {
        clearTimeout(this.timer);
        const now = performance.now();
        if (this.since !== null) {
            this.seen += now - this.since;
        }
        while (this.seconds.length && this.seen >= this.seconds[0] * 1000) {
            this.tell(this.seconds.shift());
        }
        const goesOn = this.isAllowed && document.visibilityState === "visible";
        this.since = goesOn ? now : null;
        if (goesOn && this.seconds.length) {
            const left = this.seconds[0] * 1000 - this.seen;
            this.timer = setTimeout(() => this.resume(), left);
        }
    }

    tell(seconds) {
        navigator.sendBeacon("/workflow/dwell", JSON.stringify({ token: this.token, seconds }));
    }
}

registry.category("public.interactions").add("mail_workflow_automation.page_dwell", PageDwell);
