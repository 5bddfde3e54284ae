"""What would fail, or break something of others, on the rows and objects that are there: asked before the first statement."""
