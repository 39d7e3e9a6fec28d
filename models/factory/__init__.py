"""Strings the stages together: recipes, stages, comparison, export with its gates, card, reports, ablation."""
