"""`make demo`: a cluster, three operators, three applications; created, scraped and resized while you watch."""
