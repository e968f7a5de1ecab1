"""What strangers' addresses lead to."""
