"""What is compiled can only be tested where it is."""

import pytest

from minikeras.kernels.fast import fast, tasks

collect_ignore_glob = ["test_*.py"] if fast is None else []


@pytest.fixture(autouse=True, scope="session")
def threads_wake_for_any_loop():
    """Lets small loops be shared, too, while the threads of the pool sleep."""
    tasks.wake_for(0)
    yield
    tasks.wake_for(12)
