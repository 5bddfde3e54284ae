"""One file per kind of database: how a whole database is written into a file, and read from one."""
