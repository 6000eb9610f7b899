"""Observe, analyze, act: the queue, the loop, plans and their steps, conditions, events, metrics."""
