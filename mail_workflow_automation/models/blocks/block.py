from markupsafe import Markup

from odoo import api, models

PREFIX = "mail.workflow.block."
# what an option can be, besides a tuple of words to choose from
TEXT, NUMBER = "text", range(1, 13)
HEADING_STYLE = (
    "margin:16px 0 12px;font-family:Helvetica,Arial,sans-serif;font-size:20px;line-height:1.3;"
    "font-weight:bold;color:#111827;"
)
NEUTRAL_PICTURE = "/web/static/img/placeholder.png"


class MailWorkflowBlock(models.AbstractModel):
    """What every content block of a mail offers.

    A block is one file: the abstract model ``mail.workflow.block.<name>`` that inherits this one.
    In a text it is an element with ``data-mwa-block="<name>"`` and ``data-mwa-<option>`` for each
    of its options; a reader gets what ``_render`` returns for their run in its place, and nothing
    at all where that is nothing. A glue addon adds a block by such a model; nothing else names it.
    """

    _name = "mail.workflow.block"
    _description = "Content Block"

    # its name, and one sentence on what it shows, for the mail designer
    _block_label = ""
    _block_help = ""
    # the heading it has there at first
    _block_heading = ""
    # its place among the blocks of the designer
    _block_sequence = 50
    # words within a sentence, not a part of its own; what stands in its element is for a reader of
    # whom nothing is known: “Hello there”
    _is_inline = False
    # {option: TEXT, NUMBER, or the words to choose from, the first being the default}
    _options = {}
    _default_limit = 3

    @api.model
    def _names(self):
        """Return the names of the content blocks there are, in the order of the designer."""
        names = [name for name in self.env if name.startswith(PREFIX)]
        names.sort(key=lambda name: (self.env[name]._block_sequence, name))
        return [name.removeprefix(PREFIX) for name in names]

    @api.model
    def _of(self, name):
        """Return the model of a block.

        :raises KeyError: when there is no such block
        """
        return self.env[f"{PREFIX}{name}"]

    @api.model
    def _own_options(self):
        return self._options if self._is_inline else {"heading": TEXT, **self._options}

    @api.model
    def _check(self, options):
        """Return the problems of the options of a block in a text, a list of str.

        :param dict options: as they stand in the text, values are str
        """
        known, problems = self._own_options(), []
        for name, value in sorted(options.items()):
            kind = known.get(name)
            if kind is None:
                problems.append(self.env._("it has no option “%s”", name))
            elif kind is NUMBER and not (value.isdecimal() and int(value) in NUMBER):
                problems.append(
                    self.env._(
                        "“%(option)s” is a number from %(least)s to %(most)s, not “%(value)s”",
                        option=name,
                        least=NUMBER[0],
                        most=NUMBER[-1],
                        value=value,
                    )
                )
            elif isinstance(kind, tuple) and value not in kind:
                problems.append(
                    self.env._(
                        "“%(option)s” is one of %(choices)s, not “%(value)s”",
                        option=name,
                        choices=", ".join(kind),
                        value=value,
                    )
                )
        return problems

    @api.model
    def _read_options(self, options):
        """Return the options as ``_render`` gets them: all there are, numbers as int; a wrong one
        is the default."""
        found = {}
        for name, kind in self._own_options().items():
            value = (options.get(name) or "").strip()
            if kind is NUMBER:
                is_fine = value.isdecimal() and int(value) in NUMBER
                found[name] = int(value) if is_fine else self._default_limit
            elif isinstance(kind, tuple):
                found[name] = value if value in kind else kind[0]
            else:
                found[name] = value
        return found

    @api.model
    def _fill(self, text, runs, env, base_url, options):
        """Return ``{run id: Markup}`` of a block with its heading; a run without one sees nothing.

        :param dict options: as they stand in the text
        """
        options = self._read_options(options)
        found = self._render(text, runs, env, base_url, options)
        return {run_id: self._with_heading(html, options) for run_id, html in found.items() if html}

    @api.model
    def _with_heading(self, html, options):
        heading = options.get("heading")
        if not heading:
            return html
        template = Markup('<h2 class="o_mwa_heading" style="%s">%s</h2>%s')
        return template % (HEADING_STYLE, heading, html)

    @api.model
    def _render(self, text, runs, env, base_url, options):
        """Render the block for runs: with as many queries for 1,000 of them as for 10.

        Addresses may be personal paths (``/workflow/cart``, ``/workflow/product/7``): each reader
        gets their own.

        :param text: the ``mail.workflow.step.text``
        :param runs: runs of one website
        :param env: that of ``run_as_id``, in the workflow's company and the text's language
        :param str base_url: of the website, without a slash at its end
        :param dict options: as ``_read_options`` returns them
        :returns: ``{run id: Markup}``, values escaped; without those who see nothing
        """
        raise NotImplementedError

    @api.model
    def _sample(self, env, lang, options):
        """Return what stands in the block in the mail designer, as Markup: made up.

        :param dict options: as ``_read_options`` returns them
        """
        raise NotImplementedError

    @api.model
    def _sample_with(self, env, lang, options):
        """Return the sample of a block with its heading.

        :param dict options: as they stand in the text
        """
        options = self._read_options(options)
        return self._with_heading(self._sample(env, lang, options), options)

    # --- for the mail designer --------------------------------------------------------------------

    @api.model
    def _for_designer(self):
        """Return what the designer offers, in the user's language: a list of dict with ``name``,
        ``label``, ``help``, ``sample``, and ``marks``, the attributes of the block's element."""
        blocks = [self._of(name) for name in self._names()]
        return [block._description_for_designer() for block in blocks if not block._is_inline]

    @api.model
    def _description_for_designer(self):
        name = self._name.removeprefix(PREFIX)
        words = self._in_words
        options = {
            option: str(self._default_limit) if kind is NUMBER else kind[0]
            for option, kind in self._options.items()
            if kind is not TEXT
        }
        heading = words(self._block_heading)
        if heading:
            options["heading"] = heading
        return {
            "name": name,
            "label": words(self._block_label),
            "help": words(self._block_help),
            "sample": self._sample_with(self.env, self.env.lang, options),
            "marks": {
                "data-mwa-block": name,
                **{f"data-mwa-{option}": value for option, value in options.items()},
            },
        }

    @api.model
    def _in_words(self, lazy):
        """Return a term of a class in the user's language."""
        translate = self.env._
        return translate(lazy) if lazy else ""

    # --- for blocks -------------------------------------------------------------------------------

    @api.model
    def _website(self, text, runs):
        """Return the shop that a mail of runs shows: theirs, the workflow's, or the company's."""
        website_sudo = runs.website_id[:1].sudo() or text.workflow_id.website_id.sudo()
        if not website_sudo:
            website_sudo = website_sudo.search(
                [("company_id", "=", text.workflow_id.company_id.id)], limit=1
            )
        return website_sudo

    @api.model
    def _html(self, env, template, values, lang):
        """Render a QWeb template of a block in a language."""
        values = {"neutral_picture": NEUTRAL_PICTURE, **self._colors(env), **values}
        return env["ir.qweb"]._render(template, values, lang=lang, minimal_qcontext=True)

    @api.model
    def _colors(self, env):
        """Return the colors of buttons, those of a company's own mails."""
        company_sudo = env.company.sudo()
        return {
            "button_color": company_sudo.email_secondary_color or "#714b67",
            "button_text_color": company_sudo.email_primary_color or "#ffffff",
        }
