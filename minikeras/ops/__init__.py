"""Keras's public operations, on Tensors and on anything that becomes one.

Each converts its arguments, promotes their dtypes by Keras's rules and calls a primitive;
what Keras composes from several operations is composed here.
"""
