"""One file per kind of database: finding what is kept by the name it has aside, measuring it, and destroying it."""
