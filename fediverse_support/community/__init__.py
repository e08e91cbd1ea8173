"""What a community does: groups, memberships, posts, threads, reactions; and who may see what.

It knows nothing of doors (web, inbox) nor of moderation and care: a post that policy holds is simply a
post in state *held*. Every function takes the connection first; whoever calls opened the transaction.

    visibility.py     who is looking, and the one rule of who may see
    groups.py         our groups, and how they are changed
    memberships.py    joining, being let in, leaving, here and on other servers
    joining.py        the door of a group: rules, questions, requests
    admitting.py      who looks after a group decides about requests
    invitations.py    links and handles that need not wait
    letters.py        what a group says to one person elsewhere
    posts.py          members write, answer, edit, delete
    arrivals.py       posts that came over the wire find their place
    announcing.py     a group passes on what was accepted in it
    telling.py        what a moderator of ours did becomes known
    bans.py           who is asked to stay away, until when
    moderators.py     who looks after a group
    pins.py           what a group keeps at the top
    threads.py        reading
    remote_actors.py  what other servers say of their actors
"""
