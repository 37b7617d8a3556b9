import base64
from io import BytesIO

from PIL import Image

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import binary_to_image, image_apply_opt

SVG = b"P"  # how one begins in base 64
# twice as large as it is shown, for fine screens
SIZE = (352, 80)
MARGIN = 8


class ResCompany(models.Model):
    _inherit = "res.company"

    workflow_logo = fields.Binary(
        compute="_compute_workflow_logo",
        store=True,
        attachment=False,  # small, and gone with the addon
        help="The logo as mails of workflows show it: on white, as programs with a dark screen "
        "put black behind what is transparent. Empty where there is none that mail programs show.",
    )

    @api.depends("uses_default_logo", "partner_id.image_1920")
    def _compute_workflow_logo(self):
        for company in self:
            logo = company.with_context(bin_size=False).logo
            is_shown = logo and not company.uses_default_logo and not logo.startswith(SVG)
            company.workflow_logo = is_shown and _on_white(logo)


def _on_white(logo):
    """Return a logo as one without anything transparent, a PNG file; False where it cannot be
    read, which is no reason to keep a company from being saved.

    :param bytes logo: in base 64
    :returns: bytes in base 64, or False
    """
    try:
        picture = binary_to_image(base64.b64decode(logo)).convert("RGBA")
    except (UserError, OSError, Image.DecompressionBombError):
        return False  # Odoo looks into pictures, but into no WebP
    picture.thumbnail(SIZE)
    ground = Image.new("RGB", [side + 2 * MARGIN for side in picture.size], "white")
    ground.paste(picture, (MARGIN, MARGIN), picture)
    return base64.b64encode(image_apply_opt(ground, "PNG"))


def size_of(picture):
    """Return width and height of a picture in base 64."""
    return Image.open(BytesIO(base64.b64decode(picture))).size
