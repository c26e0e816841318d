"""How the book's tables came to be, one revision after another (Alembic)."""
