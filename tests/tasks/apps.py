"""Celery apps of the tests' site, each under a name of its own: what one test left to be sent never
reaches the next one."""

from uuid import uuid4

from celery import Celery


def make_app(broker):
    """Return an app with a queue of its own, after its dotted path."""
    made = Celery("tests", broker=broker, set_as_current=False)
    made.conf.task_default_queue = uuid4().hex
    name = f"app_{made.conf.task_default_queue}"
    globals()[name] = made
    return f"{__name__}.{name}", made


def messages_in(made):
    """Take what was sent out of the queue: names, positional and named arguments."""
    found = []
    with (
        made.connection_for_read() as connection,
        connection.SimpleQueue(made.conf.task_default_queue) as queue,
    ):
        for _ in range(queue.qsize()):
            message = queue.get(timeout=5)
            message.ack()
            args, kwargs, _options = message.payload
            found.append((message.headers["task"], args, kwargs))
    return found
