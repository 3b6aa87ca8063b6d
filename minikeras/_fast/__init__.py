"""The kernels, compiled: one extension module per family, none without a compiler."""
