"""What a training run leaves: its folder, record, metrics, snapshots and pictures."""
