"""SQL that asks what an operation would meet, one file per kind of database."""
