"""The only readers: files, git, settings, history, schema."""
