"""What to do: pure functions that make plans and edits."""
