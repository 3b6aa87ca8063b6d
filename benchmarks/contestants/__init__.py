"""Those who run: each module is started in the environment of its family."""
