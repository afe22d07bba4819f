"""Background jobs as rows: claimed by one worker, tried again, and stuck where people see it.

Rows are django-tasks-db's, written in the transaction of what enqueued them; how often a job was
tried is how many workers' names its row holds. A job that is done leaves no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.clock import SKEW
from vigie.operations import decide_jobs
from vigie.operations.access import record_platform, require_platform

READY, RUNNING, FAILED = "READY", "RUNNING", "FAILED"

ATTEMPTS: Final = 6
"""Then a job is stuck: about twenty minutes after it was first tried."""

TIME_LIMIT: Final = timedelta(minutes=5)
"""For one attempt; one that runs twice as long belongs to a worker that is no more."""

PRESSING: Final = 50
"""Priority from which on people wait for a job: such jobs go first, have places of their own at the
workers, and are short."""

PRESSING_LIMIT: Final = timedelta(seconds=30)
"""What TIME_LIMIT is for the others."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A claimed job. `attempt` counts from 1."""

    id: UUID
    path: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    attempt: int
    priority: int = 0

    @property
    def time_limit(self) -> timedelta:
        return PRESSING_LIMIT if self.priority >= PRESSING else TIME_LIMIT

    @property
    def name(self) -> str:
        """As people read it: the function's name."""
        return self.path.rpartition(".")[2]

    @property
    def is_last(self) -> bool:
        return self.attempt >= ATTEMPTS


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """A job that is not tried any more. `reason` is a stable code, `detail` completes it."""

    id: UUID
    name: str
    arguments: Sequence[Any]
    reason: str
    detail: str
    attempts: int
    since: datetime | None


def enqueue(job: Task[Any, Any], calls: Iterable[Sequence[Any]]) -> int:
    """Enqueue one job for each list of arguments, in the caller's transaction and in one statement;
    how many. The arguments are JSON."""
    rows: list[DBTaskResult[Any, Any]] = [
        DBTaskResult(
            args_kwargs={"args": list(call), "kwargs": {}}, priority=job.priority,
            task_path=job.module_path, queue_name=job.queue_name, run_after=get_date_max(),
            backend_name=job.backend,
        )
        for call in calls
    ]  # fmt: skip
    DBTaskResult.objects.bulk_create(rows)
    return len(rows)


def forget(job: Task[Any, Any], calls: Iterable[Sequence[Any]]) -> None:
    """Forget jobs of this function that are stuck with these arguments: they are asked for anew."""
    rows = DBTaskResult.objects.filter(status=FAILED, task_path=job.module_path)
    wanted = [list(call) for call in calls]
    gone = [row.pk for row in rows if row.args_kwargs["args"] in wanted]
    DBTaskResult.objects.filter(pk__in=gone).delete()


def claim(*, worker: str, now: datetime, pressing_only: bool = False) -> Job | None:
    """Take the first job that is due; None when there is none. One conditional UPDATE a try."""
    while True:
        due = _due(now).filter(priority__gte=PRESSING) if pressing_only else _due(now)
        row = due.first()
        if row is None:
            return None
        names = [*row.worker_ids, worker]
        taken = DBTaskResult.objects.filter(pk=row.pk, status=READY).update(
            status=RUNNING, started_at=now, worker_ids=names
        )
        if taken:
            return Job(
                id=row.pk, path=row.task_path, args=row.args_kwargs["args"],
                kwargs=row.args_kwargs["kwargs"], attempt=len(names), priority=row.priority,
            )  # fmt: skip


def _due(now: datetime) -> QuerySet[DBTaskResult[Any, Any]]:
    """Ready and due: its time has come, or was reckoned by a clock that has gone back since."""
    ahead = Q(finished_at__gt=now + SKEW) | Q(run_after__gt=now + decide_jobs.LONGEST + SKEW)
    return DBTaskResult.objects.filter(
        Q(run_after=get_date_max()) | Q(run_after__lte=now) | ahead, status=READY
    )


def done(job: Job) -> None:
    """It is done: the row goes."""
    DBTaskResult.objects.filter(pk=job.id).delete()


def again(job: Job, *, at: datetime, now: datetime, code: str, detail: str) -> None:
    """Not done: try again at that time. `finished_at` tells by which clock it was reckoned."""
    DBTaskResult.objects.filter(pk=job.id).update(
        status=READY, run_after=at, finished_at=now, exception_class_path=code[:200],
        traceback=detail[:4000],
    )  # fmt: skip


def lay_aside(job: Job, *, now: datetime, code: str, detail: str) -> None:
    """Not done and not tried any more: stuck, with its reason."""
    DBTaskResult.objects.filter(pk=job.id).update(
        status=FAILED, finished_at=now, exception_class_path=code[:200], traceback=detail[:4000]
    )


def give_back(job: Job) -> None:
    """The worker stops before the job was done: as if it had not been claimed."""
    row = DBTaskResult.objects.filter(pk=job.id).first()
    if row is not None:
        DBTaskResult.objects.filter(pk=job.id, status=RUNNING).update(
            status=READY, worker_ids=row.worker_ids[:-1]
        )


def recover(*, now: datetime) -> int:
    """Jobs of workers that are no more are due again; how many.

    One that began in the future belongs to a worker of before the clock went back: alive or not,
    it is taken up again, since nobody can tell when it began.
    """
    lost = Q(started_at__lt=now - 2 * TIME_LIMIT) | Q(started_at__gt=now + SKEW)
    lost |= Q(priority__gte=PRESSING, started_at__lt=now - 2 * PRESSING_LIMIT)
    return DBTaskResult.objects.filter(lost, status=RUNNING).update(status=READY)


def stuck(*, limit: int = 100) -> list[Stuck]:
    """Jobs laid aside, the latest first."""
    return [
        Stuck(
            id=row.pk,
            name=row.task_path.rpartition(".")[2],
            arguments=row.args_kwargs["args"],
            reason=row.exception_class_path,
            detail=row.traceback,
            attempts=len(row.worker_ids),
            since=row.finished_at,
        )
        for row in DBTaskResult.objects.filter(status=FAILED).order_by("-finished_at")[:limit]
    ]


def is_waiting(job: Task[Any, Any], arguments: Sequence[Any]) -> bool:
    """Whether such a job is due, planned or running."""
    rows = DBTaskResult.objects.filter(status__in=(READY, RUNNING), task_path=job.module_path)
    return any(row.args_kwargs["args"] == list(arguments) for row in rows)


def waiting() -> int:
    """How many jobs are due, planned or running."""
    return DBTaskResult.objects.filter(status__in=(READY, RUNNING)).count()


def ready(job: Task[Any, Any]) -> int:
    """How many jobs of this function wait to be begun, planned ones too."""
    return DBTaskResult.objects.filter(status=READY, task_path=job.module_path).count()


def try_again(*, jobs: Sequence[UUID], by: User, now: datetime) -> int:
    """Let stuck jobs run once more from the first attempt; how many."""
    require_platform(by, Right.PLATFORM_HEALTH)
    with transaction.atomic():
        number = DBTaskResult.objects.filter(pk__in=list(jobs), status=FAILED).update(
            status=READY, run_after=get_date_max(), worker_ids=[], finished_at=None
        )
        if number:
            record_platform("jobs.retried", by=by, now=now, data={"number": number})
    return number
