"""A training run and its files: run folder, record, metrics, snapshots and pictures."""
