"""The command line: arguments, exit codes, printing. Nothing is computed here.

Command modules import what they need inside their functions, so that ``rtcheck --help`` is there
at once.
"""
