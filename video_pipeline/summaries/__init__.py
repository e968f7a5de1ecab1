"""What was said in a video, in short: the document, and the two ways to make it (by extraction, by a model)."""
