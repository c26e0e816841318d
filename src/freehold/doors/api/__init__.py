"""The REST API: OpenAPI 3.1, problem documents with reason codes, pages by cursor, ETags."""
