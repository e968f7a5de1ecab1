"""Carries on what was left behind."""
