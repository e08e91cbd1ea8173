"""Signing in with apps: the page that asks the member, and where apps get and give back tokens."""
