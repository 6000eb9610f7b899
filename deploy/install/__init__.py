"""Putting the operators onto a cluster and watching what becomes of it, as a person with kubectl would.

The demo, the end-to-end tests and the chaos run stand on it. It uses the official client and none of the operators'
code, so that what it sees is a second opinion.
"""
