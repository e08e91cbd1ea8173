"""What it costs: CPU time per unit of work, each beside its limit measured in the same run.

`make bench` runs all of them, `python -m benchmarks inbox pages` some. Machines differ and are shared, so
no figure is a time by itself: each is a ratio to something measured at the same moment on the same machine.
"""
