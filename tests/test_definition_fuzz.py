"""Every key of a good definition with every wrong value: refused by its path, or stable."""

import copy
import json
import os

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError

from .definition_common import DefinitionCase

WRONG_VALUES = (
    *(None, True, False, 0, -1, 5, 1.5, 10**12, float("nan"), float("inf")),
    *("", "nonsense", "base.user_admin", "a\x00b", "\ud800", "x" * 3000, "\n"),
    *([], [1], [None], [[]], ["a", "b"], [["name", "=", "x"]], [{}], [[[[]]]]),
    *({}, {"a": 1}, {"kind": []}, {"": {}}, {"steps": 5}, (), b"bytes", {1: 2}, {"x": {1, 2}}),
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWrongTypes(DefinitionCase):
    """Every key of a good definition, with every wrong value: refused by its path, or stable."""

    def places(self, value, path=()):
        """Yield the path of every value in a definition."""
        yield path
        if isinstance(value, dict):
            for key in value:
                yield from self.places(value[key], (*path, key))
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from self.places(value[index], (*path, index))

    def replaced(self, definition, path, value):
        result = copy.deepcopy(definition)
        if not path:
            return value
        target = result
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
        return result

    def try_import(self, definition, label):
        """Return what is wrong with how an import went, None when it was refused or is stable."""
        try:
            with self.env.cr.savepoint():
                workflow = self.model.import_definition(definition)
                self.env.flush_all()
                self.env.invalidate_all()
                first = workflow.export_definition()
                again = self.model.import_definition(json.loads(json.dumps(first)))
                second = again.export_definition()
                workflow.lint()
                raise RollbackError
        except RollbackError:
            return None if second == first else f"{label}: not stable"
        except DefinitionError as error:
            return None if str(error) else f"{label}: refused without a word"
        except Exception as error:  # noqa: BLE001 the very thing looked for
            return f"{label}: {type(error).__name__}: {error}"

    def values_for(self, index):
        """Return all wrong values with `make test-all`, else two, other ones at each place."""
        if os.environ.get("ALL"):
            return WRONG_VALUES
        return [WRONG_VALUES[(2 * index + more) % len(WRONG_VALUES)] for more in range(2)]

    def test_wrong_values_at_every_place(self):
        definition = self.everything()
        before = self.counts()
        for index, path in enumerate(list(self.places(definition))):
            found = [
                self.try_import(self.replaced(definition, path, value), f"{path} = {value!r:.60}")
                for value in self.values_for(index)
            ]
            with self.subTest(path=path):
                self.assertFalse(list(filter(None, found)))
            self.env.invalidate_all()
        self.assertEqual(self.counts(), before)

    def test_unknown_keys_at_every_object(self):
        definition = self.everything()
        free = ("filters",)  # a custom event's filters are the shop's own
        for path in list(self.places(definition)):
            target = definition
            for key in path:
                target = target[key]
            if not isinstance(target, dict) or path[-1:] == free:
                continue
            broken = self.replaced(definition, (*path, "no_such_key"), 1)
            self.refused(broken, "no_such_key")

    def test_texts_that_are_no_workflow(self):
        for text in (
            "",
            "null",
            "5",
            '"x"',
            "[]",
            "{}",
            "nonsense",
            b"\xff\xfe",
            b"\xef\xbb\xbf[]",
        ):
            self.refused(text)


class RollbackError(Exception):
    """Undoes a try that went well."""
