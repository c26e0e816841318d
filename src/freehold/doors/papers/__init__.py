"""Papers: documents as PDF, the same bytes for the same content."""
