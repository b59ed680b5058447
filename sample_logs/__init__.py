"""Sample studios: invented logs with real-life breaches, unknowns and near-misses."""
