"""Histograms made ready in several processes: the same to the last bit, whatever comes of them."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace

import pytest
from bodies import ball, box, plan_of

from rtcheck.api import OpenPlan
from rtcheck.metrics import ahead
from rtcheck.metrics.bench import Bench
from rtcheck.phantoms.doses import LinearDose

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")

EXPRESSIONS = ("A", "B", "C", "A - B", "A & C", "Nothing")
METRICS = ("Volume[cc]", "Mean[Gy]", "D95%[Gy]", "Max[Gy]", "V20Gy[%]")


def three_bodies(jobs: int | None) -> OpenPlan:
    """Return a plan of three bodies and an empty ROI; A and C do not meet."""
    plan = plan_of(
        {
            "A": ball(20.0),
            "B": ball(9.0, (4.0, 3.0, 1.0), 3.0),
            "C": box((8.0, 8.0, 16.0), (34.0, 0.0, 0.0)),
            "Nothing": [],
        },
        LinearDose(30.0, (0.4, 0.1, 0.2)),
        geometry="smooth",
    )
    return replace(plan, jobs=jobs)


def measured(plan: OpenPlan) -> tuple[object, ...]:
    values = [plan[text].measure(metric) for text in EXPRESSIONS for metric in METRICS]
    return (*values, plan.bench.findings())


@pytest.fixture
def alone() -> tuple[object, ...]:
    return measured(three_bodies(1))


@pytest.fixture(autouse=True)
def no_process_left_behind():
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch):
    monkeypatch.setattr(ahead, "POINTS_WORTH_IT", 0)


@pytest.mark.parametrize("jobs", [2, 3, None])
def test_values_intervals_and_findings_do_not_depend_on_the_number_of_processes(jobs, alone):
    plan = three_bodies(jobs)
    plan.measure_ahead(EXPRESSIONS)
    assert measured(plan) == alone


def test_what_was_measured_elsewhere_is_not_measured_again(monkeypatch, alone):
    plan = three_bodies(2)
    monkeypatch.setattr(ahead._Turns, "__iter__", _only_for_the_child(os.getpid()))
    plan.measure_ahead(EXPRESSIONS)
    monkeypatch.setattr(Bench, "_sampled", lambda *_: pytest.fail("measured twice"))
    monkeypatch.setattr("rtcheck.metrics.variants.collect_together", pytest.fail)
    assert [plan[text].measure("Mean[Gy]") for text in ("A", "A - B")] == [
        found for found in alone[:-1] if found.metric == "Mean[Gy]" and found.structure[0] == "A"
    ][:2]
    assert not plan["A"].dvh().dose_gy.flags.writeable


def _only_for_the_child(parent: int):
    take = ahead._Turns.__iter__

    def turns(self):
        if os.getpid() != parent:
            yield from take(self)

    return turns


def test_a_process_that_is_killed_costs_time_and_nothing_else(monkeypatch, alone):
    monkeypatch.setattr(ahead, "_measure_and_exit", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    plan = three_bodies(3)
    plan.measure_ahead(EXPRESSIONS)
    assert measured(plan) == alone


def test_a_process_that_hangs_is_waited_for_no_longer_than_its_time(monkeypatch, alone):
    monkeypatch.setattr(ahead, "PATIENCE_S", 0.2)
    monkeypatch.setattr(ahead, "_measure_and_exit", lambda *_: time.sleep(600))
    plan = three_bodies(2)
    started = time.monotonic()
    plan.measure_ahead(EXPRESSIONS)
    assert measured(plan) == alone
    assert time.monotonic() - started < 60  # and not the ten minutes


def test_a_fault_in_a_process_is_left_to_whoever_asks(monkeypatch):
    plan = three_bodies(2)
    monkeypatch.setattr(Bench, "_sampled", lambda *_: 1 / 0)
    plan.measure_ahead(["A", "B"])
    with pytest.raises(ZeroDivisionError):
        plan["A"].dvh()


@pytest.mark.parametrize("denied", ["fork", "memfd_create"])
def test_without_another_process_this_one_does_it_all(monkeypatch, alone, denied):
    def none_left(*_):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, denied, none_left)
    plan = three_bodies(4)
    plan.measure_ahead(EXPRESSIONS)
    assert measured(plan) == alone


def test_an_interrupt_leaves_no_process_behind(monkeypatch):
    plan, here = three_bodies(3), os.getpid()
    sampled = Bench._sampled

    def interrupted(*args):
        if os.getpid() == here:
            raise KeyboardInterrupt
        time.sleep(0.5)
        return sampled(*args)

    monkeypatch.setattr(Bench, "_sampled", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plan.measure_ahead(EXPRESSIONS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_plan_read_by_one_process_or_a_small_one_forks_nothing(monkeypatch, jobs):
    monkeypatch.setattr(ahead, "POINTS_WORTH_IT", 10**9 if jobs > 1 else 0)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    plan = three_bodies(jobs)
    plan.measure_ahead()
    assert plan.bench.has(plan.resolve("A"))


def test_without_a_dose_there_is_nothing_to_do_ahead():
    plan = plan_of({"A": ball(20.0)})
    replace(plan, jobs=2).measure_ahead()
    assert plan["A"].volume_cm3 == pytest.approx(4 / 3 * 3.14159265 * 8.0, rel=0.01)
