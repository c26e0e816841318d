<<<<<<< HEAD
"""One plain function for each thing that a person asks for."""
=======
"""One plain function for each thing that a person asks for; the only place with transactions."""
>>>>>>> main
