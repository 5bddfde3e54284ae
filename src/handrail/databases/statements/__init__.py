"""One file per kind of database: how single SQL statements run outside of a transaction, and what they did."""
