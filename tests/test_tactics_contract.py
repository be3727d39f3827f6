"""Contracts that every tactic keeps."""
