"""One file per kind of database: what it can do, what its catalogue holds, and how scratch databases are made in it."""
