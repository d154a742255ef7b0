"""From tables to the model: fields, checks, inference, the cold path."""
