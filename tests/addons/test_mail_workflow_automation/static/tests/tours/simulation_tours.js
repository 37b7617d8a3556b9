import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const click = (trigger) => ({ trigger, run: "click" });
const step = (key) => `.o_mail_workflow_simulated_step[data-step=${key}]`;

/** Loads the pictures of the shown mail as its frame does: as nobody, from wherever they are. */
async function checkPictures() {
    const page = document.querySelector(".o_mail_workflow_simulated_mail iframe").srcdoc;
    const pictures = [...new DOMParser().parseFromString(page, "text/html").images];
    if (!pictures.length) {
        throw new Error("There is no picture in the mail.");
    }
    for (const picture of pictures) {
        const answer = await fetch(picture.src, { credentials: "omit" });
        const { width, height } = await createImageBitmap(await answer.blob());
        // what stands for a missing picture is a square
        if (width === height) {
            throw new Error(`${picture.src} is ${width} x ${height}: not the logo`);
        }
    }
}

tours.add("mail_workflow_simulation", {
    steps: () => [
        click("button[name=action_open_simulation]"),
        { trigger: ".o_mail_workflow_simulation .alert:contains(Nothing is sent)" },
        {
            trigger: ".o_mail_workflow_simulation_record input",
            run: "edit Ada",
        },
        click(".o-autocomplete--dropdown-item:contains(Ada)"),
        { trigger: `${step("look")}[data-outcome=done]:contains(Nothing happened)` },
        { trigger: `${step("again")}:contains(Are you there)` },
        { trigger: ".o_mail_workflow_simulated_mail h2:contains(Hello Ada)" },
        { trigger: ".o_mail_workflow_simulated_mail iframe[srcdoc*='Dear Ada'][sandbox='']" },
        { trigger: ".o_mail_workflow_simulated_mail iframe", run: checkPictures },
        // what if she clicks
        {
            trigger: `${step("remind")} select`,
            run: "select two",
        },
        click(`${step("remind")} button:contains(Link in a mail clicked)`),
        { trigger: `${step("remind")} .badge:contains(after 2 days)` },
        { trigger: `${step("thanks")} button:contains(Thank you)` },
        { trigger: `.o_mail_workflow_simulation:not(:has(${step("again")}))` },
        click(`${step("thanks")} button:contains(Thank you)`),
        { trigger: ".o_mail_workflow_simulated_mail h2:contains(Thank you)" },
        click(`${step("remind")} button[aria-label='Take back']`),
        { trigger: step("again") },
        // somebody there is not
        click(".o_mail_workflow_simulation_who input[value=invented]"),
        { trigger: "input[name=name]", run: "edit Zoe" },
        click(".o_mail_workflow_simulation_who button[type=submit]"),
        { trigger: ".o_mail_workflow_simulated_mail h2:contains(Hello Zoe)" },
        click("button:contains(Send me this mail)"),
        { trigger: ".o_notification:contains(on the way)" },
    ],
});
