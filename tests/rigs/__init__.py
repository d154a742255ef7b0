"""What the tests drive a server with: its process, and the clients of others."""
