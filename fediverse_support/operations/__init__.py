"""What an operator does beside running the server: back up, restore, ask what is wrong."""
