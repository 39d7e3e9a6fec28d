"""From a trained network to the artifact: vocabulary trimming, quantisation, export with a parity gate."""
