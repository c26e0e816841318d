"""What two persons must agree to: the table of kinds, proposals, and carrying them out."""
