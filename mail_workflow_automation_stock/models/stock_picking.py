from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        result = super()._action_done()
        self.filtered(
            lambda picking: picking.state == "done" and picking.location_dest_id.usage == "customer"
        )._note_delivery_done()
        return result

    def _note_delivery_done(self):
        """Note a delivery for each order that goods of it left for."""
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened("delivery_done"):
            return
        for picking_sudo in self.sudo():  # the warehouse has no rights on orders
            moves = picking_sudo.move_ids.filtered(lambda move: move.state == "done")
            for order, its_moves in moves.grouped(lambda move: move.sale_line_id.order_id).items():
                place = order or picking_sudo
                data = its_moves._workflow_delivery_data(order)
                events.emit("delivery_done", record=place, partner=place.partner_id, data=data)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _workflow_delivery_data(self, order):
        """Return what the filters of a delivery ask for."""
        products = self.product_id.product_tmpl_id
        data = {"product": products.ids, "whole_order": order.delivery_status == "full"}
        if "category" in self.env["mail.workflow.event"]._wanted("delivery_done"):
            paths = products.categ_id.mapped("parent_path")
            data["category"] = sorted({int(part) for p in paths for part in p.split("/") if part})
        return data
