"""Symptom records: conditions, an urgency that rules can only raise, and the evidence."""
