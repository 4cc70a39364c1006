"""What we are held against: Celery with the settings it comes with, and tasks that do next to nothing."""

import os
from functools import cache

import psycopg
import redis
from celery import Celery

app = Celery("bare", broker=os.environ.get("REDIS_URL"), set_as_current=False)
app.conf.update(task_default_queue="bare", task_ignore_result=True, broker_connection_retry_on_startup=True)
ANSWERS = "bare-answers"
TABLE = "CREATE TABLE IF NOT EXISTS bare_task (id uuid PRIMARY KEY, body text NOT NULL)"


@cache
def _redis() -> "redis.Redis":
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@cache
def _database() -> "psycopg.Connection":
    url = os.environ["DATABASE_URL"].replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True, options="-c synchronous_commit=on")


def answer(word: str) -> None:
    """Say that it was done."""
    _redis().rpush(ANSWERS, word)


def write(row: str) -> None:
    """Write one durable row."""
    _database().execute("INSERT INTO bare_task (id, body) VALUES (%s, 'done')", (row,))


for _task in (answer, write):
    app.task(_task, name=_task.__name__, shared=False)
