"""One plain function for each thing that a person asks for; the only place with transactions."""
