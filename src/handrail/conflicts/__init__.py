"""Do two sides commute? Footprints, and the three-way merge of project states."""
