from . import controllers, models, recipes, wizard


def pre_init_hook(env):
    """Make the column ourselves: Odoo would compute it for every trace there ever was, row by row,
    and none of them is a workflow's."""
    env.cr.execute("ALTER TABLE mailing_trace ADD COLUMN IF NOT EXISTS workflow_company_id integer")


def uninstall_hook(env):
    """Cancel what is queued: without its workflow Odoo's own queue would send it, whatever held it
    back."""
    mails_sudo = env["mail.mail"].sudo()
    mails_sudo.flush_model(["state"])
    env.cr.execute(
        """
        UPDATE mail_mail
           SET state = 'cancel'
         WHERE workflow_id IS NOT NULL AND state IN ('outgoing', 'exception')
        """
    )
    mails_sudo.invalidate_model(["state"])


def post_init_hook(env):
    """Give carts that were there before the addon an age, so that only changes from now on
    count."""
    env.cr.execute(
        """
        UPDATE sale_order
           SET cart_changed_at = COALESCE(date_order, create_date)
         WHERE website_id IS NOT NULL AND state = 'draft' AND cart_changed_at IS NULL
        """
    )
