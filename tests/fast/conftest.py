"""What is compiled can only be tested where it is."""

from minikeras.kernels.fast import fast

collect_ignore_glob = ["test_*.py"] if fast is None else []
