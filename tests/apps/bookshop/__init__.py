"""A small Django project whose admin is driven by the tests. Runs in Django's own environment: see `make apps`."""
