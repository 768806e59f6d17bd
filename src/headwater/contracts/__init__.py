"""Event contracts: one YAML file per event type and major version, read into values."""
