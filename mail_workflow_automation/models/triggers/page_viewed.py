import logging
from functools import partial

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL

from ...controllers.visitor import verdict
from ...engine.pages import is_at, path_of
from ..mail_workflow_filter import filter_field

_logger = logging.getLogger(__name__)


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("page_viewed", "Page visited")], ondelete={"page_viewed": "cascade"}
    )
    filter_url = filter_field(
        fields.Char,
        string="Address",
        help="Path of the page, the same in all languages. With * at the end: all pages whose "
        "path begins so.",
    )


class MailWorkflowTriggerPageViewed(models.AbstractModel):
    """A page of the website was visited. An unknown visitor's views count once they are known."""

    _name = "mail.workflow.trigger.page_viewed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Page Visited"

    _icon = "fa-eye"
    _category = "website"
    _filter_fields = {"url": "filter_url"}
    _is_by_visitor = True

    @api.model
    def _passes(self, data, key, value):
        if key == "url":
            return isinstance(data.get("url"), str) and is_at(value, data["url"])
        return super()._passes(data, key, value)

    @api.model
    def _past_filters(self, data):
        path = path_of(data.get("url") or "")
        pages = [{"url": path}]
        if path.count("/") > 1:
            pages.append({"url": f"/{path.split('/')[1]}/*"})
        return [{}, *pages]

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        url = filters.get("url")
        if isinstance(url, str) and not url.strip().startswith(("/", "*", "http")):
            problems.append(self.env._("the address of a page begins with “/”"))
        return problems

    @api.model
    def _is_wanted(self, path):
        """Tell whether somebody listens to a page; asks the database nothing."""
        wanted = self.env["mail.workflow.listening"]._filters("page_viewed")
        return any("url" not in one or is_at(one["url"], path) for one in wanted)

    @api.model
    def _kept(self, companies):
        return SQL(
            """
            SELECT COALESCE(p.email_normalized, 'partner:' || p.id), t.visit_datetime,
                   jsonb_build_object('url', t.url)
              FROM website_track t
              JOIN website_visitor v ON v.id = t.visitor_id
              JOIN res_partner p ON p.id = v.partner_id
             WHERE t.url IS NOT NULL
            """
        )


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _register_website_track(cls, response):
        result = super()._register_website_track(response)
        if request.env["mail.workflow.event"]._is_listened("page_viewed"):
            cls._note_page_view(response)
        return result

    @classmethod
    def _note_page_view(cls, response):
        """Note a view that somebody listens to, also of a page that Odoo itself does not track."""
        env = request.env
        path = env["mail.workflow.visitor"]._path(response)
        if not path or not env["mail.workflow.trigger.page_viewed"]._is_wanted(path):
            return
        seen = verdict()
        # what a machine does that is nobody's, nobody does
        if seen == "bot" and env.user._is_public():
            return
        if env.cr.readonly:
            # read from a replica, where nothing can be noted
            env.cr.postcommit.add(partial(cls._note_page_view_apart, path, seen))
        else:
            env["mail.workflow.visitor"]._note("page_viewed", path, seen)

    @classmethod
    def _note_page_view_apart(cls, path, seen):
        try:
            with request.env.registry.cursor() as cr:
                request.env(cr=cr)["mail.workflow.visitor"]._note("page_viewed", path, seen)
        except Exception:  # noqa: BLE001 the page is on its way to its reader
            _logger.exception("The visit of a page could not be noted")
