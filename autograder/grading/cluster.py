"""Where a class is graded: processes of this machine, or any Dask cluster by its address."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.errors import ConfigurationError
from autograder.grading import worker_cores
from autograder.grading.plain import PlainAssignment
from autograder.grading.ready import ready
from autograder.grading.remote import ENVIRONMENT
from autograder.problem_sets import ROOT_VARIABLE, ProblemSet
from autograder.sandbox.isolation import Isolation

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = 30
_FIRST_WORKER_SECONDS = 120.0
_SILENT = 100  # above every level of logging
WORKER_SECONDS = 60
"""A worker of this machine that is not heard of for so long is given up; noticed within twice the time."""


@dataclass(frozen=True)
class Cluster:
    """Where to grade.

    Args:
        workers: processes on this machine, when no address is given.
        address: of a Dask scheduler, ``tcp://host:port`` or ``tls://host:port``.
        resources: Dask resources that a submission takes of its worker, for instance ``{"GPU": 1}``; only
            workers that were started with as much grade it.

    Raises:
        ConfigurationError: resources without an address, whose workers alone have any.
    """

    workers: int = 2
    address: str = ""
    resources: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.resources and not self.address:
            raise ConfigurationError(
                "resources are those of a cluster's workers",
                where="--resources",
                fix="name the cluster with --scheduler; here AUTOGRADER_GPU=0 gives a worker its GPU",
            )

    @contextmanager
    def client(
        self, assignment: ProblemSet | PlainAssignment, isolation: Isolation, workers: int
    ) -> Iterator[Client]:
        """A client of the cluster, which is started and ended here unless it has an address.

        Args:
            assignment: what is graded; workers of this machine share its checkout.
            isolation: where students' code runs.
            workers: processes to start, if any are.

        Raises:
            ConfigurationError: there is no scheduler at the address, or no worker comes to it.
        """
        from distributed.utils import silence_logging_cmgr

        _defaults()
        # What matters of it is an error of ours or an event; the rest would run through the progress.
        with (
            silence_logging_cmgr(_SILENT),
            self._remote() if self.address else _local(assignment, isolation, workers) as client,
        ):
            yield client

    @contextmanager
    def _remote(self) -> Iterator[Client]:
        from distributed import Client

        try:
            # Certificates of tls:// come from Dask's own configuration, distributed.comm.tls.
            client = Client(self.address, timeout=_CONNECT_SECONDS, set_as_default=False, name="autograder")
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise ConfigurationError(
                "a Dask scheduler must answer",
                where=self.address,
                received=f"{type(error).__name__}: {error}"[:300],
                fix="start one with `dask scheduler`; tls:// needs the certificates of Dask's configuration",
            ) from None
        with client:
            self._await_worker(client)
            yield client

    def _await_worker(self, client: Client) -> None:
        deadline = time.monotonic() + _FIRST_WORKER_SECONDS
        while not self.able(client):
            if time.monotonic() > deadline:
                wanted = ",".join(f"{name}={amount:g}" for name, amount in self.resources.items())
                raise ConfigurationError(
                    f"no worker {f'with {wanted} ' if wanted else ''}has come within "
                    f"{_FIRST_WORKER_SECONDS:g} s",
                    where=self.address,
                    fix=f"start one: dask worker {self.address} --nthreads 1"
                    + (f" --resources {wanted}" if wanted else ""),
                )
            time.sleep(0.5)

    def able(self, client: Client) -> list[str]:
        """Addresses of the workers that have what a submission takes.

        Raises:
            ConfigurationError: the scheduler is lost.
        """
        told: Mapping[str, Any] = client.scheduler_info(n_workers=-1)
        if "workers" not in told:  # a client that has given up says nothing rather than fail
            raise disconnected()
        found: Mapping[str, Any] = told["workers"]
        return [
            address
            for address, worker in found.items()
            if all(
                worker.get("resources", {}).get(name, 0) >= amount for name, amount in self.resources.items()
            )
        ]


def disconnected() -> ConfigurationError:
    """What is said when there is no scheduler any more."""
    return ConfigurationError(
        "the connection to the Dask scheduler was lost",
        fix="run the same command again: it goes on from what was graded",
    )


def _defaults() -> None:
    """Our defaults where distributed's do not fit; what a user has set in Dask's configuration wins."""
    import dask
    import distributed  # noqa: F401 - its own defaults come first

    dask.config.update_defaults(
        {
            "distributed": {
                # A submission may take two workers with it by accident; a third was no accident.
                "scheduler": {"allowed-failures": 2, "worker-ttl": f"{WORKER_SECONDS}s"},
                # Of the last thousand messages to every worker each holds a submission: a coordinator's
                # memory would grow with its class.
                "admin": {"tick": {"limit": "60s"}, "low-level-log-length": 16},
                # It samples the stack of every process a hundred times a second, and keeps what it saw.
                "worker": {"profile": {"enabled": False}},
            }
        }
    )


@contextmanager
def _local(assignment: ProblemSet | PlainAssignment, isolation: Isolation, workers: int) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    place, solutions = {worker_cores.COUNT: str(workers)}, None
    if not isinstance(assignment, PlainAssignment):
        place[ROOT_VARIABLE], solutions = str(assignment.root), assignment.solutions
    with (
        ready(ENVIRONMENT, isolation, solutions) as found,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            # On this machine only and on any free port: two runs at once must not meet.
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs=_SILENT,
            preload=[worker_cores.__name__],
            env=ENVIRONMENT | found | place | {"PATH": os.environ.get("PATH", "")},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def dashboard(client: Client) -> str:
    """One line about Dask's dashboard: where it is, or how to get it."""
    from importlib.util import find_spec

    if find_spec("bokeh") is None:
        return "Dask's dashboard is off; pip install bokeh to watch the workers in a browser"
    return f"Dask's dashboard: {client.dashboard_link}"
