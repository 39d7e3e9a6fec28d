"""Pictures: safe decoding, known pictures, quality, text in them. Needs the extra `tidegate[images]`."""
