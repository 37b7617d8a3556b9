from odoo import api, models

from ..engine.document import MAX_NESTING, TooDeepError, first_flaw, parse
from ..engine.outcome import THEN
from ..exceptions import DefinitionError
from .mail_workflow_definition import FORMAT, HEADER_FIELDS, KEY, OTHER_KEYS, STEP_KEYS

MAX_STEPS = 1000
MAX_DEPTH = 30
MAX_TEXT = 5 * 1024 * 1024


class MailWorkflowDefinition(models.AbstractModel):
    """What a file must look like before anything of it is written."""

    _inherit = "mail.workflow.definition"

    @api.model
    def _parse(self, text):
        if len(text) > MAX_TEXT:
            raise DefinitionError(
                "",
                self.env._(
                    "the file is larger than %s MB and is no workflow", MAX_TEXT // 1024 // 1024
                ),
            )
        try:
            return parse(text)
        except TooDeepError as error:
            raise DefinitionError(
                self.env._(
                    "line %(line)s, column %(column)s", line=error.line, column=error.column
                ),
                self.env._("nested more than %s levels deep", MAX_NESTING),
            ) from error
        except ValueError as error:
            raise DefinitionError("", self.env._("the file is no JSON: %s", error)) from error

    @api.model
    def _check_values(self, definition):
        """Refuse what can stand nowhere in a file, wherever it stands."""
        flaw = first_flaw(definition)
        if not flaw:
            return
        path, what, detail = flaw
        messages = {
            "nesting": self.env._("nested more than %s levels deep", detail),
            "duplicate": self.env._("the key '%s' is given twice", detail),
            "key": self.env._("keys are texts, not %s", detail),
            "character": self.env._("has a character that cannot be stored"),
            "number": self.env._("is no number to reckon with"),
            "type": self.env._("a file holds no %s", detail),
        }
        raise DefinitionError(self._short(path), messages[what])

    @api.model
    def _check_shape(self, definition, *, is_draft=False):
        """Check keys, types and the tree without recursion, before anything is written.

        :param bool is_draft: a jump may still lack its target
        """
        if not isinstance(definition, dict):
            raise DefinitionError("", self.env._("a workflow is a JSON object"))
        self._check_values(definition)
        self._only_keys(definition, OTHER_KEYS | set(HEADER_FIELDS), "")
        if isinstance(definition.get("format"), bool) or definition.get("format") != FORMAT:
            raise DefinitionError(
                "format",
                self.env._(
                    "this version reads format %(known)s, not %(given)s",
                    known=FORMAT,
                    given=definition.get("format"),
                ),
            )
        self._text(definition.get("name"), "name", required=True)
        steps = definition.get("steps", [])
        keys = self._check_steps(steps)
        if not is_draft:
            self._check_targets(steps, keys)

    @api.model
    def _check_steps(self, steps):
        """Check the tree of steps.

        :returns: ``{key: path}`` of the steps that name one
        """
        kinds = {*self.env["mail.workflow.step"]._installed_kinds(), *self._gone_kinds("step")}
        stack, count, keys = [("steps", steps, 1)], 0, {}
        while stack:
            path, entries, depth = stack.pop()
            if not isinstance(entries, list):
                raise DefinitionError(path, self.env._("must be a list of steps"))
            if depth > MAX_DEPTH:
                raise DefinitionError(
                    self._short(path),
                    self.env._("steps are nested more than %s levels deep", MAX_DEPTH),
                )
            for index, entry in enumerate(entries):
                where = f"{path}[{index}]"
                count += 1
                if count > MAX_STEPS:
                    raise DefinitionError(
                        where, self.env._("a workflow has at most %s steps", MAX_STEPS)
                    )
                handler = self._check_step_shape(entry, where, kinds, keys)
                for name, branch in entry.get("branches", {}).items():
                    place = f"{where}.branches.{name}"
                    if not isinstance(branch, dict):
                        raise DefinitionError(place, self.env._("must be an object"))
                    self._branch_name(name, place)
                    if not handler._is_missing:
                        self._only_keys(branch, handler._branch_file_keys(entry), place)
                    stack.append((f"{place}.steps", branch.get("steps", []), depth + 1))
        return keys

    @api.model
    def _branch_name(self, name, path):
        """Check the name of a branch; ``then`` is the place where branches come together."""
        if not isinstance(name, str) or name == THEN or not name.strip() or len(name) > 64:
            raise DefinitionError(
                path, self.env._("a branch has a name of at most 64 letters, and not “%s”", THEN)
            )
        return name

    @api.model
    def _check_entries(self, entries, key, path):
        """Check a list of objects each of which names a branch (columns that hold JSON)."""
        if not isinstance(entries, list):
            raise DefinitionError(path, self.env._("must be a list"))
        for index, entry in enumerate(entries):
            name = entry.get(key) if isinstance(entry, dict) else None
            self._branch_name(name, f"{path}[{index}].{key}")

    @api.model
    def _check_distinct(self, entries, step):
        """Check that no two ways of a step have one name."""
        names = [entry["name"] for entry in entries]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise DefinitionError(
                step.key, self.env._("two ways are called “%s”", step._branch_label(twice))
            )

    @api.model
    def _short(self, path):
        return path if len(path) <= 200 else f"{path[:100]}…{path[-60:]}"

    @api.model
    def _check_step_shape(self, entry, where, kinds, keys):
        """Check the keys of one step; its own key is noted in ``keys``.

        :returns: its kind
        """
        if not isinstance(entry, dict):
            raise DefinitionError(where, self.env._("must be an object"))
        kind = entry.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            raise DefinitionError(f"{where}.kind", self.env._("unknown kind '%s'", kind))
        handler = self._kind_of(entry)
        if not handler._is_missing:
            self._only_keys(entry, STEP_KEYS | handler._file_keys(), where)
        if not isinstance(entry.get("branches", {}), dict):
            raise DefinitionError(f"{where}.branches", self.env._("must be an object"))
        if "key" in entry:
            key = entry["key"]
            if not isinstance(key, str) or not KEY.fullmatch(key):
                raise DefinitionError(
                    f"{where}.key", self.env._("letters, digits, - and _ only, 64 at most")
                )
            if key in keys:
                raise DefinitionError(
                    f"{where}.key",
                    self.env._(
                        "the key '%(key)s' is used at %(other)s too", key=key, other=keys[key]
                    ),
                )
            keys[key] = where
        if "on_skip" in entry:
            self._choice(entry["on_skip"], ("continue", "leave"), f"{where}.on_skip")
        return handler

    @api.model
    def _check_targets(self, steps, keys):
        stack = [("steps", steps)]
        while stack:
            path, entries = stack.pop()
            for index, entry in enumerate(entries):
                where = f"{path}[{index}]"
                target = entry.get("target")
                if "target" in entry and (not isinstance(target, str) or target not in keys):
                    raise DefinitionError(
                        f"{where}.target",
                        self.env._("there is no step with the key '%s'", target),
                    )
                for name, branch in entry.get("branches", {}).items():
                    stack.append((f"{where}.branches.{name}.steps", branch.get("steps", [])))
