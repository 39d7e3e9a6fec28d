"""How good the verdicts are by people's reviews, published while the service runs: `tidegate reviews follow`."""
