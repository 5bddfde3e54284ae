"""One file per kind of database: which tables a whole database has, and how it is emptied before a backup is restored."""
