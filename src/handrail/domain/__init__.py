"""What is known: frozen values, made of the standard library alone."""
