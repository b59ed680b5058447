"""Printouts of sterilizers: the grammar that most of them share, and one profile of words and units for each model."""
