"""A network of validators, one per institution: made, started, kept in step with the swarm."""
