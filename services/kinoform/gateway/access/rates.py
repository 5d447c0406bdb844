"""How many requests a principal may send a minute: a bucket in this gateway for each principal and project."""

from collections.abc import Callable

from kinoform.gateway.access.buckets import Buckets
from kinoform.gateway.access.fresh import Fresh
from kinoform.gateway.access.principal import Principal
from kinoform.store.errors import QuotaExceeded
from kinoform.store.quotas import Limits, Quotas

_UNSET = Limits()


class Rates:
    """Counts requests."""

    def __init__(self, quotas: Quotas, defaults: Limits, clock: Callable[[], float], max_age_s: float) -> None:
        """defaults: limits of projects that have none of their own; clock: seconds that never go back."""
        self._defaults = defaults
        self._limits = Fresh(quotas.list, max_age_s, clock)
        self._buckets = Buckets(clock)

    async def count(self, principal: Principal, project: str) -> None:
        """Raises QuotaExceeded when the minute's requests are used up; StoreUnavailable."""
        own = (await self._limits.get()).get(project, _UNSET)
        limit = own.over(self._defaults).requests_per_minute
        if limit is None:
            return
        wait_s = self._buckets.take(f"{principal.name} {project}", burst=limit, per_s=limit / 60)
        if wait_s > 0:
            raise QuotaExceeded(project, "requests_per_minute", limit, limit + 1, min(wait_s, 3600.0))
