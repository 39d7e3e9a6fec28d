"""One module a subcommand of `python -m load`: its options, and what it measures, from opening a session to the report.

Those whose measuring is a room or a module of its own stand there: `load.faults`, `load.models`, `load.simulate` ...
"""
