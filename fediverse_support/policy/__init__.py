"""May this come in, and how? Pure: the facts of an arrival go in, a decision with a reason comes out.

    arrivals.py    what a rule may know about one activity (or about one deed of a member)
    decisions.py   the outcomes from mild to severe, and how several verdicts become one decision
    ladder.py      the level of each domain; the most specific entry wins
    rules.py       a rule is a function of one arrival
    engine.py      `judge(policy, arrival)`: the only way in

Nothing here reads a clock, a database or the network, so that a decision can be explained and a
change can be tried on what already happened.
"""
