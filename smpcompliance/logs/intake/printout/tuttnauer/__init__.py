"""Printouts of Tuttnauer Elara autoclaves."""
