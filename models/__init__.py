"""The model and its factory: labels, text rules, the artifact format, training, compression and serving.

Knows nothing of Kafka. Only `models.training` and `models.compression` import torch.
"""
