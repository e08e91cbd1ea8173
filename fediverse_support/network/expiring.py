"""A small memory that forgets: what strangers can fill has an end and a size."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Expiring(Generic[Value]):
    """At most `cap` values by name, each until its time is over. The oldest goes first when it is full."""

    def __init__(self, cap: int, now: Callable[[], datetime]) -> None:
        self._cap = cap
        self._now = now
        self._kept: dict[str, tuple[datetime, Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str) -> Value | None:
        """The value kept under `name`, or None when there is none or its time is over."""
        found = self._kept.get(name)
        if found is None or found[0] <= self._now():
            self._kept.pop(name, None)
            return None
        return found[1]

    def keep(self, name: str, value: Value, for_time: timedelta) -> None:
        """Keep `value` under `name` for `for_time`, in place of what was there."""
        self._kept.pop(name, None)
        if len(self._kept) >= self._cap:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (self._now() + for_time, value)
