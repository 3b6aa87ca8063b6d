"""Keeps pytest away from the recorders, which need Keras to be imported."""

collect_ignore_glob = ["record*.py", "keras_calls.py", "layer_calls.py"]
