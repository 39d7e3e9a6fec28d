"""From canonical data to a trained network: corpus, sampling, trainer, calibration, evaluation."""
