"""One file per kind of database: which alterations of a column can change values, which values do not fit, and keeping those."""
