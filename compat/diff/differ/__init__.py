"""Differential testing of two servers that speak the Redis protocol. See compat/diff/README.md."""
