"""What moderators see: what waits for them, what came and what was decided, and why.

Everything here is for staff; to everybody else these pages do not exist.
"""
