"""May this come in, and how? Pure: the facts of an arrival go in, a decision with a reason comes out.

    document.py      what people write: rules, word lists, domains, lists; scopes.py: whose is what
    conditions.py    what a rule may ask, in one table
    arrivals.py      what a rule may know about one activity (or about one deed of a member)
    decisions.py     the outcomes from mild to severe, and how several verdicts become one decision
    engine.py        `compile_policy` and `judge`: the only way in

    ladder.py        the level of each domain in force; levels.py: how a level is written
    precedence.py    which of several entries and lists decides about a domain
    standing.py      how a sender stands here, from stranger to moderator
    warnings.py      the codes of content warnings
    merging.py       two people changed it at once

    matching/        a document compiled: conditions, words, patterns, and an index of the rules
    file/            a policy as a file, with the line of everything in it
    findings/        what to say about one before it is in force
    sentences/       rules, levels and outcomes in plain words
    presets/         ways to look after a group, as rules
    lists/           lists of domains as others keep them
    replay/          trying a policy on what has arrived

Nothing here reads a clock, a database or the network, so that a decision can be explained and a
change can be tried on what already happened.
"""
