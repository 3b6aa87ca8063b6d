"""A case is measured end to end; bounds and turns are computed from what is known."""

import pytest

from benchmarks import measuring
from benchmarks.entries import OURS, PEERS, Entry, import_entry
from benchmarks.interleaved import Failed
from benchmarks.measuring import bound_of, compare, measure, rate_for, steps_of_turn
from benchmarks.tasks import Task
from benchmarks.workloads import CASES, Case, prediction, training

TINY = Task("mlp", {"widths": (3, 4, 2)}, batch=2)
LIMITS = {"flops": 1e9, "bandwidth": [[1000, 5e9], [10_000, 2e9]]}


@pytest.fixture
def no_peers(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_ENVIRONMENTS", str(tmp_path))


def entries_for(case, *names):
    return [e for e in OURS + PEERS if e.name in names and e.plays(case)]


@pytest.mark.parametrize(
    "case",
    [
        training("W1", "tiny", TINY, steps=4, target=0.5, checked=2),
        prediction("tiny", TINY, target=0.5),
        Case("W10", "chain", "chain", 0.5, checked=1, options={"length": 4}),
        Case("W9", "import", "import", 1.5, margin=0.06),
    ],
    ids=lambda case: case.kind,
)
def test_a_case_is_measured_and_a_missing_peer_reported(case, no_peers):
    entries = [
        entry._replace(environment={"MINIKERAS_BACKEND": "numpy"})
        for entry in entries_for(case, "minikeras", "tensor")
    ]
    entries += entries_for(case, "torch")
    results = measure(case, entries, threads=1, rounds=2, limits=LIMITS)
    ours, torch = results["contestants"]
    assert len(ours["times"]) == 2
    assert ours["memory"]["peak"] > 0
    assert torch["error"] == "is not installed: make bench-environments"
    if case.checked:
        error, allowed = ours["comparison"]
        assert error <= allowed


def test_the_bound_is_products_and_traffic():
    case = training("W1", "tiny", TINY, steps=4, target=0.5, checked=0)
    flops = 2 * (2 * 2 * (3 * 4 + 4 * 2) + 2 * (4 * 2))
    traffic = 7 * 4 * (3 * 4 + 4 + 4 * 2 + 2)
    assert bound_of(case, LIMITS) == pytest.approx(flops / 1e9 + traffic / 5e9)


def test_the_rate_is_that_of_as_much_memory():
    assert rate_for(900, LIMITS) == 5e9
    assert rate_for(2_000, LIMITS) == 2e9
    assert rate_for(1_000_000, LIMITS) == 2e9


def test_who_is_slow_has_shorter_turns():
    case = training("W1", "tiny", TINY, steps=1000, target=0.5, checked=0)
    assert steps_of_turn(case, 1e-3) == 1000
    assert steps_of_turn(case, 1e-2) == 150
    assert steps_of_turn(case, 60) == 1


def test_without_a_reference_the_comparison_says_why(monkeypatch):
    def fail(entry, case, threads):
        raise Failed("no memory left")

    monkeypatch.setattr(measuring, "losses_of", fail)
    results = [{"name": "minikeras", "losses": [1.0]}, {"name": "jax", "error": "none"}]
    compare(training("W1", "tiny", TINY, 4, 0.5, 1), results, threads=1)
    assert results[0]["comparison"] == "nothing to compare with: no memory left"
    assert "comparison" not in results[1]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.workload} {case.label}"
)
def test_in_every_case_we_play_and_somebody_else_does(case):
    assert len([entry for entry in OURS if entry.plays(case)]) == 1
    peers = [entry.name for entry in PEERS if entry.plays(case)]
    assert peers
    assert len(set(peers)) == len(peers)


def test_who_knows_some_architectures_plays_these_alone():
    entry = Entry("numpy", "", "numpy", "numpy_by_hand", architectures=("mlp",))
    playing = {case.workload for case in CASES if entry.plays(case)}
    assert playing == {"W1", "W2", "W8", "W9", "W10"}


def test_imports_read_the_bytecode_that_was_kept(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    entry = import_entry("numpy", "numpy", environment={"SOMETHING": "else"})
    assert "PYTHONDONTWRITEBYTECODE" not in entry.variables()
    assert entry.variables()["SOMETHING"] == "else"
