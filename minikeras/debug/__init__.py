"""Looking into a computation while it runs."""
