"""May this come in, and how? Pure: the facts of an arrival go in, a decision with a reason comes out.

    document.py      what people write: rules, word lists, domains, lists
    conditions.py    what a rule may ask, in one table
    arrivals.py      what a rule may know about one activity (or about one deed of a member)
    decisions.py     the outcomes from mild to severe, and how several verdicts become one decision
    engine.py        `compile_policy` and `judge`: the only way in

    ladder.py        the level of each domain; the most specific entry wins
    domain_rules.py  what the ladder says to an arrival
    predicates.py    each condition, checked and understood
    features.py      what conditions look at, read out of an arrival
    standing.py      how a sender stands here, from stranger to moderator
    folding.py       one form for all the ways in which a word can be written (lookalikes.py: the letters)
    phrases.py       words and phrases in one pass; patterns.py: RE2
    warnings.py      the codes of content warnings
    indexing.py      which rules can match at all
    compiling.py     all of that, from a document to an index for each scope

    file.py          a policy as a file (forms.py, tables.py, locating.py: reading; writing.py)
    findings.py      what to say about one before it is applied (implying.py, shadowing.py: how it knows)
    sentences.py     rules as sentences (noun_phrases.py, fragments.py; wording.py: what is translated)
    presets.py       ways to look after a group, as rules (blocks.py: what they are made of)

Nothing here reads a clock, a database or the network, so that a decision can be explained and a
change can be tried on what already happened.
"""
