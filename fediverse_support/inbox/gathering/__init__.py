"""Looking for the rest of a thread on the servers that it is spread over.

`plan.py` knows what is still to be looked at and when it is enough; `asking.py` asks other servers, politely;
`branches.py` stores what they answer; `walking.py` does one errand with these; `search.py` does errand after
errand for one thread; `gatherer.py` is the loop that takes threads from the table. When a thread is looked
for at all is decided in `community/arriving/gathering.py`.
"""
