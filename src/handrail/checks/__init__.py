"""What is wrong: a snapshot becomes findings, one file per code."""
