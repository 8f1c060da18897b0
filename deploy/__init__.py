"""How the contracts come to stand: compiling them, founding a swarm, running its networks."""
