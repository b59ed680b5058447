"""Words of the report, blank logs to fill in, and the skeleton of a new jurisdiction."""
