"""What the three operators share."""
