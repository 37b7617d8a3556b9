from . import controllers, models, recipes, wizard


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
