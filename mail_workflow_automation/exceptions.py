"""Errors of the addon."""

from odoo.exceptions import UserError, ValidationError


class DefinitionError(ValidationError):
    """A definition in the file format is wrong; ``path`` names the offending entry."""

    def __init__(self, path, message):
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)


class DraftConflictError(UserError):
    """Somebody else edited the workflow since it was loaded; nothing was overwritten."""
