"""Exports of known services and devices, told by their heads; each is described by a file in `logs/exports/`."""
