"""Celery, which creates renditions after uploads and runs the maintenance jobs."""

from typing import Any

from example import environment as env
from org_files.schedule import BEAT_SCHEDULE

task_queue: dict[str, Any] = {"BACKEND": "org_files.queues.NoQueue"}

if broker_url := env.url(
    "CELERY_BROKER_URL",
    ("redis", "rediss", "amqp", "amqps"),
    form="redis://:password@host:6379/0 or amqp://user:password@host:5672/name",
    package="celery",
):
    task_queue = {
        "BACKEND": "org_files.queues.CeleryQueue",
        "OPTIONS": {"app": "example.celery.app"},
    }
    CELERY_BROKER_URL = broker_url
    CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
    CELERY_TASK_IGNORE_RESULT = True
    # Seconds to wait for a broker that does not answer.
    CELERY_BROKER_CONNECTION_TIMEOUT = 2
    if broker_url.startswith("redis"):
        CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_keepalive": True}
    # Worker and beat wait for a broker that starts later.
    CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
    # The site's log is configured already, and masks secrets.
    CELERY_WORKER_HIJACK_ROOT_LOGGER = False
    # Memory leaks end with the process.
    CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
