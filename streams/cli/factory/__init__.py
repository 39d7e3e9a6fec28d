"""Commands around the factory of models, from data to what ships: all need the extra `train`."""
