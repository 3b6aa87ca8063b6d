"""Sequences as arrays: another name of what is in `utils`."""

from minikeras.utils.sequences import pad_sequences as pad_sequences
