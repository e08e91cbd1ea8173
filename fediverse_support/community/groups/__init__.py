"""Our groups: their doors, rules, wiki, moderators, and the turns of their life."""
