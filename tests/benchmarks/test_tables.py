"""The tables say who is best, whether a target is met, and what failed."""

import pytest

from benchmarks.tables import row_of, table_of_case, table_of_targets, verdict

MIB = 1 << 20


def contestant(name, *times, **more):
    memory = {"peak": 100 * MIB, "now": 90 * MIB, "baseline": 60 * MIB}
    figures = {"times": list(times), "memory": memory, "start": 0.5}
    return {"name": name, "title": f"the {name}", **figures, **more}


def case(*contestants, **more):
    defaults = {
        "workload": "W2",
        "kind": "training",
        "curve": None,
        "label": "batch 128",
        "measured": "seconds",
        "target": 0.75,
        "margin": None,
        "threads": 2,
        "bound": 1e-3,
    }
    return defaults | {"contestants": list(contestants)} | more


FAILED = {"name": "torch", "title": "the torch", "error": "is not installed"}
OURS = contestant("minikeras", 2e-3, 9e-3, 3e-3, comparison=[2e-7, 1e-6])
JAX = contestant("jax", 4e-3, 6e-3, 5e-3, comparison=[2e-7, 2e-3])
SLOW = contestant("numpy", 7e-3, 8e-3, 9e-3)


def test_the_ratio_is_of_medians_to_the_best_peer():
    row = row_of(case(OURS, SLOW, JAX, FAILED))
    assert row.peer == "the jax"
    assert row.ratio == pytest.approx(3 / 5)
    assert row.met
    assert row.share_of_bound == pytest.approx(1 / 3)


def test_a_target_is_missed_or_unknown():
    assert row_of(case(OURS, JAX, target=0.5)).met is False
    assert row_of(case(OURS, FAILED)).met is None
    assert row_of(case({**FAILED, "name": "minikeras"}, JAX)).met is None


def test_a_margin_takes_the_place_of_the_ratio():
    assert row_of(case(JAX, contestant("minikeras", 0.055), margin=0.06)).met
    assert not row_of(case(JAX, contestant("minikeras", 0.07), margin=0.06)).met


def test_memory_is_compared_by_its_peak():
    row = row_of(case(OURS, JAX, measured="memory", bound=None))
    assert row.ratio == 1
    assert row.share_of_bound is None


def test_variants_of_ours_are_no_peers():
    eager = contestant("minikeras-eager", 1e-3)
    assert row_of(case(OURS, eager, JAX)).peer == "the jax"


def test_the_table_of_targets_counts_them():
    table = table_of_targets({"cases": [case(OURS, JAX), case(OURS, JAX, target=0.1)]})
    _, first, second, count = table.splitlines()
    assert first.startswith("W2 batch 128")
    assert "3.00 ms    5.00 ms  the jax" in first
    assert " yes " in first
    assert "2e-07 ≤ 1e-06" in first
    assert " no " in second
    assert count == "1 of 2 targets met"


def test_the_table_of_a_case_reports_failures():
    lines = table_of_case(case(OURS, JAX, FAILED)).splitlines()
    assert lines[-1].split(maxsplit=2)[2] == "is not installed"
    assert "40 MiB       100 MiB" in lines[2]


def test_different_losses_are_shouted():
    assert "DIFFERENT" in verdict({"comparison": [1e-3, 1e-6]})
    assert "DIFFERENT" in verdict({"comparison": [float("nan"), 1e-6]})


def test_memory_is_held_to_the_leanest_peer():
    lean = contestant("numpy", 9e-3)
    lean["memory"] = lean["memory"] | {"peak": 80 * MIB}
    assert row_of(case(OURS, JAX, lean)).memory_ratio == pytest.approx(100 / 80)
    assert row_of(case(OURS, FAILED)).memory_ratio is None


def test_of_a_chain_one_operation_counts():
    chain = case(OURS, JAX, kind="chain", curve=["operations", 1000])
    assert row_of(chain).ours == pytest.approx(3e-6)


def test_the_fastest_turns_are_compared_too():
    assert row_of(case(OURS, JAX, SLOW)).fastest_ratio == pytest.approx(2 / 4)
    assert row_of(case(OURS, JAX, measured="memory")).fastest_ratio is None


def test_losses_without_a_reference_say_so():
    assert verdict({"comparison": "nothing to compare with"}).startswith("nothing")
