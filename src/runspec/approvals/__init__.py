"""A person's yes or no to what an agent asked for, kept until it is used."""
