"""What the studio wrote down: typed tables that know their lines."""
