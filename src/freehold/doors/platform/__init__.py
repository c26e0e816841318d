"""The running platform: one supervisor, and the processes it keeps up."""
