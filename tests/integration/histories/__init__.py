"""Random histories on a real chain, held against the hash chain, the fold and the contracts' views."""
