"""What a network of validators costs, and how much it takes: `make measure-network`."""
