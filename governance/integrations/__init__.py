"""The gate in training frameworks: each module translates for one, and decides nothing.

`contributing` signs a node's updates and `judging` asks the gate, for all frameworks alike;
`settings` is the file that a framework's process finds both by. `flower` and `nvflare` need their
framework installed.
"""
