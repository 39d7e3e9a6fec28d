"""The ladder of picture classifiers, from gradients under a linear machine to a tuned encoder and its small student."""
