import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { FlowHoldout } from "@mail_workflow_automation/flow_builder/flow_holdout/flow_holdout";

describe.current.tags("desktop");
defineMailModels();

test("those in the workflow stand beside those left out, with what it says in words", async () => {
    const comparison = {
        with: { people: 1200, goal: 150 },
        without: { people: 0, goal: 0 },
        verdict: "few",
        words: "Too few people yet.",
    };
    await mountWithCleanup(FlowHoldout, { props: { comparison } });
    expect(queryAllTexts(".o_holdout_words")).toEqual([
        "In the workflow 12.5 % — 150 of 1,200 people",
        "Left out 0.0 % — 0 of 0 people",
    ]);
    expect(".o_holdout_verdict").toHaveText("Too few people yet.");
});
