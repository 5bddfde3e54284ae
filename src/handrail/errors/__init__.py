"""Refusals: one file per code."""
