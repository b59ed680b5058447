"""The rulesets: one folder per place, its law as YAML."""
