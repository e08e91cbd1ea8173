"""What an operator does from a terminal. One module for each family of commands.

    terminal.py   what goes to standard output and standard error, passwords, files
    ground.py     the foundation or only the database under a command, also beside a running server
    running.py    demo, serve, web, worker, migrate, doctor, backup, restore

A command reads what it was given, calls one function of the rooms below, and prints. Deeds of the command
line are on the record of the moderators like those of the desk, with nobody's name.
"""
