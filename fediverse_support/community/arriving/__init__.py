"""What others write comes over the wire and finds its place."""
