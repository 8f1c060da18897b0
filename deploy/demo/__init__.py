"""The demo: four hospitals train one model on real data, governed by a swarm charter."""
