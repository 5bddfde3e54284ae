"""What the Makefile calls: environments, system packages, the test matrix. Standard library only, Python 3.11 or later."""
