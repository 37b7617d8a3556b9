"""What the tests let several transactions of one process do, as the threads of a server."""

from tests.jobs import arrange


def start_while_another_looks(env):
    """Start a workflow; another transaction of this process asks who listens before the commit.

    :returns: whether the kind of event is listened to, for it and for who comes after the commit
    """
    heard = []

    def look():
        with env.registry.cursor() as cr:
            events = env(cr=cr)["mail.workflow.event"]
            heard.append(events._is_listened("list_subscribed"))

    trigger = {"kind": "list_subscribed"}
    arrange(env, [{"key": "later", "kind": "wait", "days": 1}], triggers=[trigger])
    # whatever emptied the cache last: the other one fills it with what was before
    env.registry.clear_all_caches()
    look()
    env.cr.commit()
    look()
    return heard
