"""Setting columns and tables aside, and bringing them back: the SQL of each kind of database."""
