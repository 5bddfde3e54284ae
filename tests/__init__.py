"""The tests; a package, so that its helpers are imported as tests.servers and the like."""
