import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { FlowPeople } from "@mail_workflow_automation/flow_builder/flow_people/flow_people";

describe.current.tags("desktop");
defineMailModels();

const VISITS = { waiting: 1, done: 6, skipped: 3, held: 0, failed: 0 };
const READINGS = { sent: 6, delivered: 4, opened: 2, clicked: 1, replied: 0, bounced: 2 };
const EARNED = { orders: 1, revenue: { amount: 40, currency_id: 1 } };

async function show(figures, period = "30") {
    const opened = [];
    await mountWithCleanup(FlowPeople, {
        props: {
            stepKey: "remind",
            figures,
            period,
            load: async () => ({
                skipped: [
                    { reason: "no address", count: 2 },
                    { reason: "opted out", count: 1 },
                ],
            }),
            open: (key, figure) => opened.push(`${key}/${figure}`),
        },
    });
    await animationFrame();
    return opened;
}

test("every visit is told, those who were skipped with the reasons", async () => {
    await show(VISITS);
    expect(".o_mail_workflow_people h3").toHaveText("9 visits");
    expect(queryAllTexts(".o_people_words")).toEqual([
        "Done 6",
        "Here now 1",
        "Skipped 3 — 2 no address, 1 opted out",
    ]);
});

test("who waits is among the visits only where all the time is shown", async () => {
    await show({ ...VISITS, done: 0, skipped: 0 });
    expect(".o_mail_workflow_people h3").toHaveText("Nobody went on from here in this period");
    expect(queryAllTexts(".o_people_words")).toEqual(["Here now 1"]);
    await show(VISITS, "all");
    expect(".o_mail_workflow_people:last h3").toHaveText("10 visits");
});

test("readers are a share of those delivered; each figure leads to its people", async () => {
    const opened = await show({ ...VISITS, ...READINGS, ...EARNED });
    expect(queryAllTexts(".o_people_readings b")).toEqual(["50 %", "25 %", "0 %", "33 %"]);
    expect(".o_people_earned").toHaveText(/1 order after a click/);
    for (const figure of ["done", "skipped", "clicked", "orders"]) {
        await click(`[data-figure=${figure}]`);
    }
    expect(opened).toEqual(["remind/done", "remind/skipped", "remind/clicked", "remind/orders"]);
});
