"""Celery: how work that was handed out reaches a worker. The broker is a doorbell; the database is the truth.

So nothing here needs to be kept by Redis: what it loses, delivers twice or delivers late is put right by the relay and
by `outbox.begin`. Every setting that differs from Celery's own choice says why.
"""

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from celery import Celery
from celery.signals import setup_logging

from service import events
from service.database import Database
from service.outbox import Job
from service.settings import Settings
from workflows.attempts import Handed, attempt
from workflows.tasks import PERIODIC

QUEUE = "promises"
_PERIODIC = {f"periodic.{work.__name__}": (every, work) for every, work in PERIODIC}

app = Celery("arbobrug", set_as_current=False)


def configure(settings: Settings) -> Celery:
    """The app with its settings for this installation; they follow from the lease of a promise."""
    app.conf.update(_settings(settings))
    return app


def _settings(settings: Settings) -> Mapping[str, Any]:
    lease, encrypted = settings.lease_seconds, str(settings.redis_url).startswith("rediss:")
    hard, soft = lease * 0.8, lease * 0.6  # who still works when the lease ends would work beside another
    return {
        "broker_url": settings.redis_url,
        "broker_transport": "workflows.broker:Transport",
        # Kombu looks at the scheme for its own transport only, and would speak plain to rediss://.
        "broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED} if encrypted else None,
        "broker_connection_timeout": 4,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker outlives any outage of the broker
        "broker_transport_options": {
            # Longer than any task may take, three times over: what is redelivered sooner runs twice.
            "visibility_timeout": 3 * hard + 1,
            # Look every second for what a dead worker held; by default it takes a hundred.
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
            # A connection that is cut half way gives no error by itself.
            "socket_connect_timeout": 4,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 15,
        },
        "task_default_queue": QUEUE,
        "task_acks_late": True,  # else the message in hand of a worker that dies is lost
        # As above for a child that is killed, as for want of memory. It cannot go round for ever: an attempt that was
        # begun is counted in the database, and the message of it begins none again.
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,  # what one worker holds, no other can begin
        "task_time_limit": hard,
        "task_soft_time_limit": soft,
        # SIGTERM lets the tasks in hand end; SIGQUIT does too, for as long as one may take.
        "worker_soft_shutdown_timeout": hard,
        # The connection may come back before the task ends; if not, the database knows that it was done.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Nobody reads results, and when a task is due is the database's business: no countdown, no ETA, no retry.
        "result_backend": None,
        "task_ignore_result": True,
        "task_publish_retry": False,  # the row stays, and the relay hands it out again
        # JSON only: whoever can write in Redis must not be able to run code here.
        "accept_content": ["json"],
        "task_serializer": "json",
        # Nor to steer workers; nothing here listens to their events.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
        "beat_schedule": _schedule(),
    }


def _schedule() -> dict[str, Any]:
    """Beat only rings. A ring that is not heard before the next one is not kept."""
    return {
        name: {"task": name, "schedule": every, "options": {"expires": every.total_seconds()}}
        for name, (every, _) in _PERIODIC.items()
    }


@cache
def _installation() -> tuple[Database, Settings]:
    """Of this process: opened by the first task of each child, because connections must not be shared by a fork."""
    settings = Settings()
    return Database(settings.storage_url), settings


def _keep(promise_id: str, attempts: int) -> None:
    attempt(*_installation(), Handed(UUID(promise_id), attempts))


for _job in Job:
    app.task(_keep, name=_job.value)


def _do(name: str) -> Callable[[], None]:
    def task() -> None:
        _, work = _PERIODIC[name]
        work(*_installation())

    return task


for _name in _PERIODIC:
    app.task(_do(_name), name=_name)


class _InOurWords(logging.Handler):
    """Says what Celery has to say in our own log: its words, without the values filled in, which come from outside."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say the first line."""
        kind = record.exc_info[0] if record.exc_info else None
        words = str(record.msg).strip().partition("\n")[0][:200]
        events.CELERY_SAID.log(source=record.name, words=words, kind=kind.__name__ if kind else None)


def _log(**_: Any) -> None:
    events.configure()
    for name in ("celery", "kombu", "billiard"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_InOurWords(logging.WARNING)], False
        logger.setLevel(logging.WARNING)


setup_logging.connect(_log)
