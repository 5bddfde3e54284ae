"""Random inputs, checked against what really happens."""
