from datetime import timedelta

from odoo import api, models

from ...engine.schedule import UNITS, weekday_names
from ...exceptions import DefinitionError
from ..mail_workflow import parse_domain
from .wait import MAX_WAIT, TIMED


class MailWorkflowStepWait(models.AbstractModel):
    """What the file says of a wait: the form of its keys tells its mode."""

    _inherit = "mail.workflow.step.wait"

    @api.model
    def _file_keys(self):
        return {
            *UNITS,
            "business",
            "domain",
            "until_time",
            "weekdays",
            "until_field",
            "offset_days",
            "on_past",
            "events",
            "branches",
        }

    @api.model
    def _export(self, step):
        values = {}
        definition = self.env["mail.workflow.definition"]
        if step.wait_mode in TIMED:
            count = (
                int(step.wait_count) if step.wait_count == int(step.wait_count) else step.wait_count
            )
            values[step.wait_unit] = count
            if step.wait_business:
                values["business"] = True
        if step.wait_mode == "condition":
            values["domain"] = definition._jsonable(parse_domain(step.wait_domain))
        if step.wait_mode == "time" or (step.wait_mode == "field" and step.wait_time):
            if step.wait_time:
                values["until_time"] = step.wait_time
        if step.wait_mode == "time" and (step.wait_weekdays or not step.wait_time):
            values["weekdays"] = weekday_names(step.wait_weekdays)
        if step.wait_mode == "field":
            values["until_field"] = step.wait_field or ""
            if step.wait_offset_days:
                values["offset_days"] = step.wait_offset_days
            if step.wait_on_past != "skip":
                values["on_past"] = step.wait_on_past
        if step.wait_mode == "events":
            values["events"] = [definition._export_spec(spec) for spec in step.wait_events or []]
        return values

    @api.model
    def _import(self, values, workflow, path):
        definition = self.env["mail.workflow.definition"]
        mode = self._mode_of(values)
        unknown = values.keys() & (self._file_keys() - self._keys_of_mode(mode))
        if unknown:
            raise DefinitionError(
                f"{path}.{min(unknown)}", self.env._("has no place in a wait of this form")
            )
        result = {"wait_mode": mode}
        if mode in TIMED:
            result.update(self._import_duration(values, path))
        if mode == "events":
            result["wait_events"] = definition._specs(
                values["events"], f"{path}.events", branch=True
            )
        if mode == "condition":
            domain = definition._domain(values["domain"], workflow, f"{path}.domain")
            result["wait_domain"] = repr(domain)
        if mode == "field":
            result.update(self._import_field(values, path))
        if "until_time" in values:
            result["wait_time"] = definition._time(values["until_time"], f"{path}.until_time")
        if "weekdays" in values:
            result["wait_weekdays"] = definition._weekdays(values["weekdays"], f"{path}.weekdays")
        return result

    @api.model
    def _mode_of(self, values):
        if "events" in values:
            return "events"
        if "domain" in values:
            return "condition"
        if "until_field" in values:
            return "field"
        return "time" if "until_time" in values or "weekdays" in values else "duration"

    @api.model
    def _keys_of_mode(self, mode):
        """Return the keys of the file that say something in this form of a wait."""
        return {
            "duration": {*UNITS, "business"},
            "events": {*UNITS, "business", "events", "branches"},
            "condition": {*UNITS, "business", "domain", "branches"},
            "time": {"until_time", "weekdays"},
            "field": {"until_field", "until_time", "offset_days", "on_past"},
        }[mode]

    @api.model
    def _import_duration(self, values, path):
        units = [unit for unit in UNITS if unit in values]
        if not units:
            raise DefinitionError(path, self.env._("say how long: minutes, hours, days or weeks"))
        if len(units) > 1:
            raise DefinitionError(
                path, self.env._("one unit of time only, not %s", ", ".join(units))
            )
        unit = units[0]
        where = f"{path}.{unit}"
        count = self.env["mail.workflow.definition"]._number(values[unit], where)
        if timedelta(**{unit: count}) > MAX_WAIT:
            raise DefinitionError(where, self.env._("a wait lasts ten years at most"))
        business = self.env["mail.workflow.definition"]._bool(
            values.get("business", False), f"{path}.business"
        )
        return {"wait_unit": unit, "wait_count": count, "wait_business": business}

    @api.model
    def _import_field(self, values, path):
        definition = self.env["mail.workflow.definition"]
        return {
            "wait_field": definition._text(values["until_field"], f"{path}.until_field"),
            "wait_offset_days": definition._whole(
                values.get("offset_days", 0), f"{path}.offset_days", signed=True
            ),
            "wait_on_past": definition._choice(
                values.get("on_past", "skip"), ("skip", "continue", "leave"), f"{path}.on_past"
            ),
        }
