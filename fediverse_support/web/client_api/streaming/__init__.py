"""Following along: what happens reaches open WebSockets and event streams, across processes.

deed ── trigger ── stream_events ── NOTIFY ── pump (one in each process) ─┬ who is to learn of it (SQL)
                                                                          ├ what it looks like to them
                                                                          └ listeners ── sockets, sse
"""
