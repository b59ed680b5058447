"""Putting both side by side: the pure audit of logs by rules."""
