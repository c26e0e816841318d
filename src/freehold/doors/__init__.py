"""The ways in: the command line now; each turns a person's words into one call of a desk."""
