"""What goes in and out over HTTP. Kept apart from the product's own values, so that either may change alone."""
