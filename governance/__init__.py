"""What an institution's software knows of a swarm: its history, its terms, its chain, its gate.

A library: it never prints, and it knows nothing of the command line.
"""
