"""What the tests of recipes share: one is made as its user would, and played to its end."""

import base64
import re
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from urllib.parse import urlsplit

import lxml.html
from PIL import Image

from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools.image import image_apply_opt

from .common import WORKFLOW_GROUP
from .http_common import WorkflowHttpCase
from .mail_look import faults

SENDER = "Shop <shop@shop.example.com>"
MOST_MOMENTS = 60
LIMIT = 100_000  # bytes, over which mail programs cut a mail off
PLACEHOLDER = re.compile(r"data-mwa|t-out|\{\{|%\(|\bNone\b|\bFalse\b|data-field")
TRACKED = re.compile(r"/r/|/workflow/(?:cart|coupon|order|review|product)/")
# the pages behind personal links of a sort are one page: looked at once
PERSONAL = re.compile(r"/(?:\d+|[0-9a-f]{20,})(?=/|$)")


@dataclass
class Scene:
    """How a recipe is played.

    :param begin: ``callable(case, person)``, what the person does, or what happens; what it
        returns is handed on to ``acts``
    :param path: what a run comes by, each the key of a step, with ``~`` before it where it is
        skipped, or an end with a reason
    :param acts: ``{key: callable(case, begun, run)}``, once, when a run stands at a step
    :param answers: besides the sender
    :param groups: what the marketer must have besides their own right
    :param people: False where nobody is written to: it is begun once
    :param days: that pass before the first look
    """

    begin: object
    path: str
    state: str = "done"
    acts: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    groups: str = ""
    people: bool = True
    days: float = 0


class RecipeCase(WorkflowHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.public_categ_ids = False
        cls.env.company.email = "hello@shop.example.com"
        # nothing but its letters: what is behind them shows through
        logo = Image.new("RGBA", (400, 60), (0, 0, 0, 0))
        logo.paste("#111111", (20, 10, 120, 50))
        cls.env.company.logo = base64.b64encode(image_apply_opt(logo, "PNG"))
        cls.program = cls.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "applies_on": "current",
                "trigger": "with_code",
                "is_released_for_workflows": True,
                "reward_ids": [
                    Command.create(
                        {"reward_type": "discount", "discount": 10, "discount_mode": "percent"}
                    )
                ],
            }
        )
        cls.list = cls.env["mailing.list"].create({"name": "Letters", "is_public": True})

    def maker(self, recipe, groups=""):
        """Return who makes a recipe: a Workflow user, with the rights it asks for."""
        needed = [need[1] for need in recipe.NEEDS if need[0] == "group"]
        if not needed and not groups:
            return self.marketer
        login = f"maker{recipe.__name__.rpartition('.')[2]}"
        wanted = ["base.group_user", WORKFLOW_GROUP, *needed, *filter(None, groups.split(","))]
        return new_test_user(
            self.env, login=login, groups=",".join(wanted), tz="UTC", email=f"{login}@x.example.com"
        )

    def make(self, key, recipe, user=None, **answers):
        """Make a draft, with all that the recipe asks for."""
        asked = {"topic": self.list} if "list" in recipe.ASKS else {}
        if "newsletter" in recipe.ASKS:
            asked["newsletter"] = self.list
        workflows = self.env["mail.workflow"].with_user(user or self.maker(recipe))
        return workflows.create_from_recipe(key, sender=SENDER, **{**asked, **answers})

    def play(self, workflow, scene, begun):
        """Let time pass from one moment to the next until no run is open; do what the scene says.

        :param dict begun: ``{partner id, or None: what the begin of the scene returned}``
        """
        acted = set()
        for _moment in range(MOST_MOMENTS):
            runs = self.runs(workflow)
            for run in runs.filtered(lambda one: one.state == "active"):
                self._act(run, scene, begun, acted)
            self.run_engine()
            due = [run.due_at for run in self.runs(workflow) if run.state == "active"]
            if not due:
                return
            later = min(due)
            self.run_engine(**({"minutes": 1} if later <= self.now else {}))
            if later > self.now:
                self.at(later)
                self.run_engine()
        self.fail(f"not over after {MOST_MOMENTS} moments: {self.told(workflow)}")

    def _act(self, run, scene, begun, acted):
        key = run.step_id.key
        what = scene.acts.get(key)
        if what and (run.id, key) not in acted:
            acted.add((run.id, key))
            self.after(hours=1)
            what(self, begun.get(run.partner_id.id, begun.get(None)), run)
            self.env.cr.flush()
            return
        tasks = self.env["mail.activity"].search(
            [("workflow_enrollment_id", "=", run.id), ("active", "=", True)]
        )
        for task in tasks.filtered(lambda one: one.workflow_step_id == run.step_id):
            task.with_user(task.user_id).action_feedback(feedback="Done")
        self.env.cr.flush()

    def told(self, workflow):
        """Return ``{run id: "keys of the steps it came by"}``."""
        return {run.id: self._told(run) for run in self.runs(workflow)}

    def _told(self, run):
        words = []
        for key, state in self.path(run):
            words.append(key if state in ("done", "queued") else f"~{key}")
        return " ".join(words)

    answered, pictures = {}, set()

    def scene(self, key, scene):
        recipe = self.env["mail.workflow"]._recipes()[key]
        answers = scene.answers(self) if scene.answers else {}
        workflow = self.make(key, recipe, **answers)
        self.assertEqual(workflow.lint(), [])
        workflow.action_start()
        people = self.readers() if scene.people else self.readers()[:1]
        begun = {person.id: scene.begin(self, person) for person in people}
        if not scene.people:
            begun = {None: begun[people.id]}
        self.env.cr.flush()
        self.run_engine(days=scene.days)
        self.play(workflow, scene, begun)
        runs = self.runs(workflow)
        if scene.people:
            self.assertEqual(len(runs), len(people), "one run for each")
        self.assertEqual(set(self.told(workflow).values()), {scene.path})
        self.assertEqual(set(runs.mapped("state")), {scene.state})
        return workflow, people

    def readers(self):
        self.made = getattr(self, "made", 0) + 1
        names = (("Ada", "en_US"), ("Camille", "fr_FR"))
        return self.env["res.partner"].union(
            *(
                self.person(name, email=f"{name}{self.made}@customer.example.com", lang=lang)
                for name, lang in names
            )
        )

    def check_mails(self, workflow):
        """Look at each mail, as it goes out, in both languages."""
        is_marketing = workflow.purpose == "marketing"
        for sent in self.mails(workflow):
            step = sent.workflow_execution_id.step_id.key
            with self.subTest(mail=step, to=sent.email_to):
                self.assertTrue(sent.subject.strip())
                self.assertNotRegex(sent.subject, PLACEHOLDER)
                body = self.outgoing(sent)["body"]
                self.assertLess(len(body.encode()), LIMIT)
                words = lxml.html.fromstring(body).text_content()
                self.assertNotRegex(body.partition("</style>")[2], PLACEHOLDER)
                self.assertRegex(words, r"Ada|Camille|there|à vous")
                self.assertIn(words.split()[-1], sent.workflow_text)
                if is_marketing:
                    self.one_click(sent)
                    self.link(sent, "/confirm_unsubscribe")
                self.assertEqual(faults(body), [])
                self.check_links(sent)
                self.check_pictures(body)

    def check_links(self, sent):
        for url in self.links(sent):
            self.assertRegex(url, "^https?://")
            self.assertEqual(self.follow(url), 200, url)

    def check_pictures(self, body):
        """Each picture is one, and nothing shows through the logo on a dark screen."""
        for url in lxml.html.fromstring(body).xpath("//img/@src"):
            if url in self.pictures or "/mail/track/" in url:
                continue
            self.pictures.add(url)
            picture = Image.open(BytesIO(self.ask(url).content))
            if "/workflow/logo/" in url:
                self.assertFalse(picture.has_transparency_data, url)

    def follow(self, url, hops=6):
        """Return the status of the page or picture to which an address leads, in the end."""
        place = urlsplit(url).path
        if not place.startswith("/web/image"):
            place = PERSONAL.sub("/-", place)
        if place in self.answered:
            return self.answered[place]
        answer = self.ask(unescape(url))
        status = answer.status_code
        if status in (301, 302, 303) and hops:
            status = self.follow(answer.headers["Location"], hops - 1)
        if "/r/" not in url:
            self.answered[place] = status
        return status


def play_each(scenes):
    """Return a class decorator that adds a test for each scene.

    :param dict scenes: ``{recipe: [Scene]}``
    """

    def test_of(key, scene):
        def test(self):
            workflow, _people = self.scene(key, scene)
            self.check_mails(workflow)

        return test

    def decorate(cls):
        for key, played in scenes.items():
            for number, scene in enumerate(played, 1):
                name, test = f"test_{key}_{number}", test_of(key, scene)
                test.__name__ = name
                setattr(cls, name, test)
        return cls

    return decorate


def click(step):
    """Return an act: the reader follows the first link of a mail."""

    def act(case, _begun, run):
        sent = case.env["mail.mail"].search(
            [
                ("workflow_execution_id.enrollment_id", "=", run.id),
                ("workflow_execution_id.step_id.key", "=", step),
            ]
        )
        links = [url for url in case.links(sent) if TRACKED.search(url)]
        answer = case.ask(links[0])
        case.assertIn(answer.status_code, (301, 302, 303))

    return act
