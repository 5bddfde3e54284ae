"""The locks that schema changes take, one file per kind of database; the key is Django's connection.vendor."""
