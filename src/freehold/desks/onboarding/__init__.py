"""From a stranger to a holder: evidence, claims, screening, admission, and what is kept of a person."""
