import psycopg2

from odoo import api, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .mail_workflow import parse_domain

# what Odoo and PostgreSQL raise for a domain that makes no sense
BAD_DOMAIN = (
    *(ValueError, SyntaxError, TypeError, KeyError, AttributeError, IndexError),
    *(RecursionError, MemoryError, NotImplementedError, UserError),
    *(psycopg2.DataError, psycopg2.ProgrammingError),
)


class MailWorkflow(models.Model):
    """Whom a workflow is for, and what is wrong with a domain on its model."""

    _inherit = "mail.workflow"

    @api.constrains("audience_domain", "model_id")
    def _check_audience_domain(self):
        for workflow in self:
            problem = workflow._domain_problem(workflow.audience_domain)
            if problem:
                raise ValidationError(
                    self.env._(
                        "Workflow “%(workflow)s”, audience: %(problem)s",
                        workflow=workflow.name,
                        problem=problem,
                    )
                )

    def _audience(self):
        return Domain(parse_domain(self.audience_domain))

    @api.model
    def _matching(self, records, domain):
        """Return those of the records that match a domain, within reach of their user: one
        query."""
        return records.search(Domain(domain) & Domain("id", "in", records.ids))

    def _domain_problem(self, text, env=None):
        """Return what is wrong with a stored domain, in words, or False.

        :param env: ask too whether its user may look at what the domain names
        """
        self.ensure_one()
        # whether a domain makes sense does not depend on who asks
        env = env or self.env(su=True)
        if self.model_name not in env:
            return self.env._("the model %s is not installed", self.model_name)
        return self.with_env(env)._planning_problem(self.model_name, text)

    @api.model
    @tools.ormcache(
        "self.env.uid",
        "self.env.su",
        "self.env.lang",
        "tuple(self.env.context.get('allowed_company_ids', ()))",
        "model_name",
        "text",
    )
    def _planning_problem(self, model_name, text):
        """Return why the database cannot plan a search with a stored domain, or False.

        Kept until the rights or the registry change: the domains of 500 steps are planned once.
        """
        model = self.env[model_name]
        if not model.has_access("read"):
            return False  # said once, not for each domain
        try:
            domain = Domain(parse_domain(text))
            domain.validate(model)
            query = model._search(domain)
            with self.env.cr.savepoint(flush=False):
                # so that a value of another type is found now, not at night
                self.env.cr.execute(SQL("EXPLAIN %s", query.select()), log_exceptions=False)
        except BAD_DOMAIN as error:
            first = str(error).strip().splitlines()
            return first[0] if first else self.env._("not a valid domain")
        return False
