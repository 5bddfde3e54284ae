"""One file per kind of database: logging the rows that one session writes, and putting them back."""
