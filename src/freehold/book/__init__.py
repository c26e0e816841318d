"""The book: records that must not stand on chain, in SQLite or PostgreSQL, never thrown away."""
