"""How what happens here reaches other servers.

A deed becomes an activity and rows in `deliveries`, in the transaction of the deed (`publishing.py`). From
there a worker takes over, and none of it waits in memory: what is not marked as done is tried again.

    Deliverer        leases hosts that have something due, keeps them all busy    delivering.py
      Postbag        reads deliveries, letters and keys for many hosts at once    postbag.py
      Turn           one host's turn: its deliveries one after the other          turns.py
        Sender       one try: sign, POST, perhaps again in the other style        sending.py
        Findings     what the turn learns of its host                             findings.py
        answers      what a status means                                          answers.py   pure
        circuits     when to leave a host alone                                   circuits.py  pure
        backoff      when to try a delivery again                                 backoff.py   pure
      Ledger         writes results down, many in one statement                   ledger.py

The promise: every delivery is tried until it succeeds, is refused for good, or seven days have passed. A
peer may see one delivery twice after a worker was killed, and never a later thing about an object before
an earlier one.

How a crash at any point ends: before the POST, the lease runs out within a minute and another turn begins.
After the POST and before the mark, the delivery is still waiting and is sent once more (peers know it by
its id); of what is about one object that is one delivery at most, because the next waits for its mark.
After the mark and before the host is given back, only the lease has to run out.

Fairness: a host is never leased twice at the same time, those due longest come first, and a turn ends after
some deliveries or twenty seconds. A host that keeps us waiting gives its place to the next one, and goes on
waiting on the side.
"""
