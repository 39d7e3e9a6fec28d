"""The model and its factory: labels, text rules, the artifact format, training, compression and serving.

Knows nothing of Kafka. Only `models.training`, `models.compression` and `models.factory` import torch.
"""
