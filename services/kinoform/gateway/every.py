"""All jobs of a project of some sort, and what they were given."""

from collections.abc import Iterator

from kinoform.gateway import convert
from kinoform.gateway.resolve.requests import media_inputs, unpacked
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobFilter, JobRecord, JobState

UNENDED = JobFilter(states=frozenset(state for state in JobState if not state.terminal))
_PAGE = 500


def every(jobs: Jobs, project: str, which: JobFilter) -> Iterator[JobRecord]:
    """Newest first; read page by page. Blocks."""
    after = None
    while True:
        page, after = jobs.list(project, which, page_size=_PAGE, after=after)
        yield from page
        if after is None:
            return


def given_to(record: JobRecord) -> frozenset[str]:
    """Names of the assets and conditionings that a job's request names."""
    request = unpacked(convert.request_of(record))
    inputs = () if request is None else media_inputs(request)
    return frozenset(given.conditioning or given.asset for _, given in inputs)
