"""The whole system on one machine: the same handlers and worker, with AWS emulated beside them. No product logic."""
