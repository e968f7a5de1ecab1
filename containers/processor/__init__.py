"""The worker: claims jobs from the processing queue and runs them."""
