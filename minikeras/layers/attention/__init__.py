"""Layers that look things up: a query finds an average of the values it asks for."""
