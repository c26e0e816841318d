"""The register of holders: where it comes from, how it is read, and how it is proved."""
