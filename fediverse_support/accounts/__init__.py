"""Members: how they ask to join, sign in, and stay signed in.

Three rules run through these modules. An answer never tells a stranger whether an account or an address
exists. A secret is stored only as a hash. Whatever can be guessed is counted before it is looked at.
"""
