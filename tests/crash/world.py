"""The whole suite on Ray with a database server and small disks of its own, all of it there to be harmed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import psycopg

from kinoform.store.open import open_store
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from tests.crash.disk import NoMounts, SmallDisk
from tests.crash.postgres import Postgres
from tests.kinoform_cluster.suite import Suite
from tests.kinoform_cluster.tiny_suite import tiny_suite
from tests.video.tiny_model import write_tiny_model

ASSETS_MB, DATABASE_MB = 48, 256
FAKE_CLOCKS = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
"""Debian's `faketime`."""
WATCHERS = 50
OUTPUTS_S = 1.5
"""In which a replica has stored a clip's files and told of them."""


class World:
    """A suite, and the hands to harm and repair it."""

    def __init__(self, folder: Path, *, replicas: int = 1) -> None:
        self._stack = ExitStack()
        self.data = folder / "data"
        self.disks = self._small_disks(folder)
        place = folder / "postgres"
        place.mkdir(exist_ok=True)
        self.database = Postgres(place)
        self._stack.callback(self.database.stop)
        environment, models = tiny_suite(folder / "weights")
        models += ["--model", f"tiny=kino-mini:{write_tiny_model(folder / 'tiny')}"]
        arguments = ["--runtime", "ray", "--data", str(self.data), "--database", self.database.url, *models]
        arguments += ["--service", "video", "--replicas", str(replicas)]
        self.suite = Suite(*arguments, environment=environment)
        self._stack.callback(self._stop_suite)
        self.store = open_store(self.database.url)
        self._stack.callback(self.store.close)
        self._stranger: subprocess.Popen[bytes] | None = None
        self._watches: list[grpc.Channel] = []
        self.job = ""
        """The one that the fault is meant for."""

    def close(self) -> None:
        self.clock_right()
        self._stack.close()

    def _small_disks(self, folder: Path) -> dict[str, SmallDisk]:
        try:
            disks = {"assets": SmallDisk(self.data / "assets", ASSETS_MB)}
            disks["database"] = SmallDisk(folder / "postgres", DATABASE_MB)
        except NoMounts:
            return {}
        for disk in disks.values():
            self._stack.callback(disk.unmount)
        return disks

    def _stop_suite(self) -> None:
        if self.suite.process.poll() is None:
            self.suite.stop()

    def has_disks(self) -> bool:
        return bool(self.disks)

    def has_clock(self) -> bool:
        return bool(FAKE_CLOCKS)

    def kill_database(self) -> None:
        self.database.kill()

    def start_database(self) -> None:
        if not self.database.running:
            self.database.start()

    def fill_assets(self) -> None:
        self.disks["assets"].fill()

    def free_assets(self) -> None:
        self.disks["assets"].free()

    def fill_database(self) -> None:
        self.disks["database"].fill()

    def free_database(self) -> None:
        self.disks["database"].free()
        time.sleep(1.0)  # it may be about to give up
        self.start_database()

    def give_lease_away(self) -> None:
        """What an operator could do by mistake: the job's lease ends although its holder lives."""
        now = time.time_ns() // 1000
        for owner in self.store.leases.owners():
            self.store.leases.expire(owner, now=now)

    @contextmanager
    def holding_the_books(self) -> Iterator[None]:
        """Nobody can write about the job, until the end, or until the database dies; a moment later all is said."""
        connection = psycopg.connect(self.database.url.replace("+psycopg", ""))
        try:
            connection.execute("SELECT 1 FROM jobs WHERE name = %s FOR UPDATE", (self.job,))
            time.sleep(OUTPUTS_S)
            yield
        finally:
            connection.close()

    def clock_ahead(self) -> None:
        self._add_gateway("+1h")

    def clock_back(self) -> None:
        self._add_gateway("-1h")

    def _add_gateway(self, offset: str) -> None:
        """Another gateway on the same stores and services, whose clock is wrong."""
        command = self.suite.find("kinoform.gateway").cmdline()
        command[command.index("--listen") + 1] = "127.0.0.1:0"
        wrong = {"LD_PRELOAD": str(FAKE_CLOCKS[0]), "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"}
        log = (self.data / "logs" / "stranger.log").open("ab")
        self._stranger = subprocess.Popen(
            [sys.executable, *command[1:]], env=os.environ | wrong, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()
        time.sleep(3.0)  # until it takes part

    def clock_right(self) -> None:
        if self._stranger is not None:
            self._stranger.kill()
            self._stranger.wait()
            self._stranger = None

    def watch_without_reading(self) -> None:
        for _ in range(WATCHERS):
            channel = grpc.insecure_channel(self.suite.address)
            job_pb2_grpc.JobServiceStub(channel).WatchJob(job_pb2.WatchJobRequest(name=self.job))
            self._watches.append(channel)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A running one, stopped and unmounted at the end."""
    made = World(folder)
    try:
        yield made
    finally:
        made.close()
