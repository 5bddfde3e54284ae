"""Setting aside what an operation would destroy, and bringing it back."""
