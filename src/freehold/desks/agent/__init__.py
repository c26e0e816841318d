"""The transfer agent's records: registration, restraints, Rule 17Ad, custody, vault, statements."""
