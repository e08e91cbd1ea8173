"""Threads, timelines, lists and search: what somebody reads."""
