"""The only writers: files, git settings, scratch databases, records."""
