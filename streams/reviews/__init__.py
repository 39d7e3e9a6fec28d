"""What people's reviews say about the verdicts: how often they are right, what they miss, and how far people agree."""
