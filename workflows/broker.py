"""Redis as Celery reaches it, with one difference: what cannot be read is dropped, and the worker goes on.

Kombu lets it escape, which ends the worker. Whatever it was, the promise it may have stood for is handed out again.
"""

from queue import Empty
from typing import Any

from kombu.transport import redis

from service.events import MESSAGE_UNREADABLE

_NOT_A_MESSAGE = (ValueError, LookupError, TypeError, AttributeError)


class _Channel(redis.Channel):
    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except _NOT_A_MESSAGE as error:  # it has left the queue by now
            MESSAGE_UNREADABLE.log(kind=type(error).__name__)
            raise Empty from None


class Transport(redis.Transport):
    """The transport of the setting `broker_transport`."""

    Channel = _Channel
