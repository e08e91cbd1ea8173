"""What a community does. `visibility` says who may see what; everything else asks it.

house      what the community says of itself, and the policy in force
groups     what a group is: doors, rules, wiki, moderators, the turns of its life
joining    coming in, here and from other servers; being asked to stay away
posts      what is written in groups: judged, kept, told to others, changed, taken away
arriving   what others wrote finds its place
people     following, writing outside of groups, keeping apart
reading    threads, timelines, lists, filters, search
notifying  what happened is told to those whom it concerns
pictures   what people add, and copies of what others show
"""
