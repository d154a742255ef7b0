"""Below a launch on this machine: the interpreter, and what sees to its end."""
