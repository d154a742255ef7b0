"""What a script gets as its configuration: files, composition, overrides (CNF)."""
