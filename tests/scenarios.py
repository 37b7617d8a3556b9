"""Random workflows, and what random people and administrators do to them (hypothesis)."""

from datetime import timedelta

from hypothesis import strategies as st

from .common import START

NAMES = ("a", "b")
CITIES = ("Rome", "Paris")
ZONES = ("UTC", "Europe/Paris", "America/New_York")
MINUTES = (60, 0, 1, 30, 61, 120, 600, 1440, 2880, 10080)
# the order in which dispatcher and runner pass
TURNS = ("DR", "RD", "DRD", "RDR", "R", "D")

# model -> where its city stands, a date of it, its triggers
ABOUT = {
    "res.partner": ("city", "birthday", []),
    "sale.order": ("partner_id.city", "validity_date", [{"kind": "cart_abandoned", "hours": 24}]),
    "crm.lead": ("city", "date_deadline", [{"kind": "lead_created"}]),
}
DAY = START.date()
DATES = st.one_of(st.none(), st.dates(DAY - timedelta(days=4), DAY + timedelta(days=12)))


def spec(draw, mails, *, window=False):
    """Return an event as goals, exits, waits and conditions name it."""
    kind = draw(st.sampled_from(["custom", "custom", "order_confirmed", "email_clicked"]))
    found = {"kind": kind}
    if kind == "custom":
        found["name"] = draw(st.sampled_from(NAMES))
    if kind == "email_clicked" and not mails:
        return {"kind": "custom", "name": "a"}
    if kind == "email_clicked":
        found["filters"] = {"step": draw(st.sampled_from(mails))}
    if window and draw(st.booleans()):
        found["window_days"] = draw(st.integers(1, 5))
    return found


class Steps:
    """Draws a tree of steps; remembers the keys that a jump or an event may name."""

    def __init__(self, draw, model="res.partner"):
        self.draw = draw
        self.city, self.date, _triggers = ABOUT[model]
        self.mails = []
        self.targets = []
        self.count = 0

    def steps(self, depth, least=0):
        kinds = [self.mail, self.mail, self.wait, self.wait_for, self.tag, self.task, self.end]
        kinds += [self.back, self.forward, self.wait_for_date]
        kinds += [self.condition, self.condition, self.split] * (depth < 2)
        found = []
        for make in self.draw(st.lists(st.sampled_from(kinds), min_size=least, max_size=4)):
            found += make(depth)
        return found

    def step(self, kind, **values):
        self.count += 1
        key = f"{kind}{self.count}"
        if kind != "goto":
            self.targets.append(key)
        return {"key": key, "kind": kind, **values}

    def mail(self, depth):
        step = self.step("email", subject="Hello", body_html="<p>Hello</p>")
        if self.draw(st.booleans()):
            step["on_skip"] = "leave"
        self.mails.append(step["key"])
        return [step]

    def wait(self, depth):
        forms = [{"hours": 1}, {"minutes": 30}, {"days": 1}, {"until_time": "09:00"}]
        forms += [{"until_time": "18:00", "weekdays": ["tue", "sat"]}, {"weekdays": ["wed"]}]
        return [self.step("wait", **self.draw(st.sampled_from(forms)))]

    def wait_for_date(self, depth):
        step = self.step("wait", until_field=self.date)
        step["offset_days"] = self.draw(st.integers(-2, 2))
        step["on_past"] = self.draw(st.sampled_from(["skip", "continue", "leave"]))
        if self.draw(st.booleans()):
            step["until_time"] = "09:00"
        return [step]

    def wait_for(self, depth):
        names = self.draw(st.lists(st.sampled_from("xy"), min_size=1, max_size=2))
        step = self.step("wait", **self.draw(st.sampled_from([{"hours": 2}, {"days": 2}])))
        step["events"] = [{**spec(self.draw, self.mails), "branch": name} for name in names]
        branches = {*names, "timeout"}
        step["branches"] = {
            name: {"steps": self.steps(depth + 1)} if depth < 2 else {"steps": []}
            for name in sorted(branches)
        }
        return [step]

    def condition(self, depth):
        step = self.step("condition")
        if self.draw(st.booleans()):
            step["domain"] = [[self.city, "=", "Rome"]]
            step["branches"] = {name: {"steps": self.steps(depth + 1)} for name in ("yes", "no")}
            return [step]
        branches = {"one": self.when(), "two": self.when()}
        if self.draw(st.booleans()):
            branches["else"] = {}
        for branch in branches.values():
            branch["steps"] = self.steps(depth + 1)
        step["branches"] = branches
        return [step]

    def split(self, depth):
        weights = self.draw(st.lists(st.integers(1, 9), min_size=2, max_size=3))
        branches = {
            name: {"weight": weight, "steps": self.steps(depth + 1)}
            for name, weight in zip("pqr", weights, strict=False)
        }
        return [self.step("split", branches=branches)]

    def when(self):
        if self.draw(st.booleans()):
            return {"when": {"domain": [[self.city, "=", self.draw(st.sampled_from(CITIES))]]}}
        found = spec(self.draw, self.mails)
        when = {"event": found.pop("kind"), **found}
        if self.draw(st.booleans()):
            when["within_days"] = self.draw(st.integers(1, 3))
        return {"when": when}

    def tag(self, depth):
        return [self.step("tag", add=[self.draw(st.sampled_from(["Hot", "Cold"]))])]

    def task(self, depth):
        return [self.step("task", user="marketer", summary="Call")]

    def end(self, depth):
        return [self.step("end", **self.draw(st.sampled_from([{}, {"reason": "enough"}])))]

    def back(self, depth):
        """Return a jump back, after a wait: a loop needs one."""
        if not self.targets:
            return []
        target = self.draw(st.sampled_from(self.targets))
        jump = {"target": target, "max_visits": self.draw(st.integers(1, 3))}
        return [self.step("wait", hours=1), self.step("goto", **jump)]

    def forward(self, depth):
        """Return a jump to the step that stands behind the next."""
        between, target = self.tag(depth)[0], self.mail(depth)[0]
        return [self.step("goto", target=target["key"], max_visits=2), between, target]


@st.composite
def definitions(draw, models=("res.partner",)):
    """Draw a workflow on contacts, or on one of the models, as a file."""
    model = draw(st.sampled_from(models))
    steps = Steps(draw, model)
    triggers = [{"kind": "manual"}, {"kind": "custom", "name": "in"}]
    tree = steps.steps(0, least=2)
    while not tree or tree[0]["kind"] == "goto":
        tree = steps.mail(0) + tree
    found = {
        "format": 1,
        "name": "Random",
        "model": model,
        "email_from": "Shop <shop@shop.example.com>",
        "triggers": triggers + draw(st.sampled_from([[], ABOUT[model][2]])),
        "audience": draw(st.sampled_from([[], [[steps.city, "!=", "Rome"]]])),
        "recheck_audience": draw(st.booleans()),
        "lateness_hours": draw(st.sampled_from([0, 24])),
        "reentry": {
            "policy": draw(st.sampled_from(["never", "after_exit"])),
            "per": draw(st.sampled_from(["person", "record"])),
            "days": draw(st.sampled_from([0, 0, 2])),
        },
        "holdout_percent": draw(st.sampled_from([0, 0, 50])),
        "steps": tree,
    }
    if draw(st.booleans()):
        found["goal"] = spec(draw, steps.mails, window=True)
    if draw(st.booleans()):
        found["exits"] = [spec(draw, steps.mails)]
    return found


@st.composite
def people(draw):
    """Draw one to three people."""
    one = st.fixed_dictionaries(
        {
            "zone": st.sampled_from(ZONES),
            "city": st.sampled_from(CITIES),
            "has_address": st.sampled_from([True, True, True, False]),
            "birthday": DATES,
        }
    )
    return draw(st.lists(one, min_size=1, max_size=3))


def deeds():
    """Draw what one person does: `(what, minutes)` after the start, or after the mail with that
    number where it is a click."""
    minutes = st.integers(0, 60 * 24 * 8)
    what = st.one_of(st.sampled_from([*NAMES, "order"]), st.integers(0, 3))
    return st.lists(st.tuples(what, minutes), max_size=6)


def moments():
    """Draw what happens, in order: `(action, minutes until the lanes pass, passes)`.

    An action is `(what, more...)`, in which a person is a number. A pass is a lane and its
    trouble: none, killed before so many statements, an error that hits a batch.
    """
    person = st.integers(0, 2)
    action = st.one_of(
        st.tuples(st.just("event"), person, st.sampled_from([*NAMES, "in"])),
        st.tuples(st.just("click"), person),
        st.tuples(st.just("event"), person, st.sampled_from(NAMES)),
        st.tuples(st.just("order"), person),
        st.tuples(st.just("enroll"), person),
        st.tuples(st.sampled_from(["pause", "resume"])),
        st.tuples(st.just("move"), person, st.sampled_from(CITIES)),
        st.tuples(st.just("date"), person, DATES),
        st.tuples(st.just("take_out"), person),
        st.tuples(st.just("blacklist"), person),
    )
    trouble = st.one_of(st.none(), st.none(), st.integers(0, 60), st.just("error"))
    passes = st.one_of(
        st.just([]),
        *[st.tuples(*[st.tuples(st.just(lane), trouble) for lane in turn]) for turn in TURNS],
    )
    return st.lists(st.tuples(action, st.sampled_from(MINUTES), passes), min_size=8, max_size=20)
