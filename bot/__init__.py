"""The daemon: types, people, prompt, conversation, decision, engine, journal and the command line."""
