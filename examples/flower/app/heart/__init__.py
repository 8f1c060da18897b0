"""A Flower app: logistic regression on four hospitals' patients, each update signed and checked."""
