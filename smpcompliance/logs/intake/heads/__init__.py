"""What the heads of a table mean: names and synonyms, what a head states beside its name, questions, proposals."""
