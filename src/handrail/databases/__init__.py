"""One file per database: what it can, and the SQL that only it knows."""
