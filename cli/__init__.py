"""The command `charter`: parses, calls the library, renders; nothing else."""
